"""Home Assistant with simulated devices."""
