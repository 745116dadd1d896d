"""A charger shown to a billing backend as an OCPP charge point."""
