"""Fake devices and a fake house, for the tests and the demo; not shipped."""
