"""What ocpp_load compares with, inside a Home Assistant: see `sensor.py`."""
