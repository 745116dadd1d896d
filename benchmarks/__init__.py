"""Measurements of the product under load: `scripts/bench NAME`."""
