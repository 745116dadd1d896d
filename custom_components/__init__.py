"""Holds the one integration of this repository."""
