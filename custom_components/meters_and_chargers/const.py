"""Names which the Home Assistant side shares; no figures of devices."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "meters_and_chargers"

# Entry data of a device.
CONF_FAMILY: Final = "family"
CONF_MORE: Final = "more"
CONF_UNIT_ID: Final = "unit_id"
# Entry data of a device with encryption; certificates and keys stand in files.
CONF_ENCRYPTED: Final = "encrypted"
CONF_TLS: Final = "tls"
CONF_PAIR: Final = "pair"
CONF_PINNED: Final = "pinned"
# Options of a device.
CONF_INTERVAL: Final = "interval"
CONF_PUSH: Final = "push"
CONF_ENABLED: Final = "enabled"
CONF_SOURCE: Final = "source"
CONF_ACCESS_KEY: Final = "access_key"
CONF_FORGET_ACCESS_KEY: Final = "forget_access_key"

# Entry data of an OCPP server and of a wallbox that connects to it.
FAMILY_OCPP_SERVER: Final = "ocpp_server"
FAMILY_OCPP_CHARGER: Final = "ocpp_charger"
CONF_CHARGER_ID: Final = "charger_id"
CONF_SERVER: Final = "server"
CONF_MAXIMUM_CURRENT: Final = "maximum_current"

# Entry data of a site.
FAMILY_SITE: Final = "site"
CONF_GRID_METER: Final = "grid_meter"
CONF_GRID_POWER: Final = "grid_power"
CONF_FUSE_CURRENT: Final = "fuse_current"
# Options of a site.
CONF_TIMING: Final = "timing"

# Subentries of a site.
SUBENTRY_CHARGER: Final = "charger"
CONF_CHARGER: Final = "charger"
CONF_CHARGER_METER: Final = "charger_meter"
CONF_CHARGER_PHASES: Final = "charger_phases"
CONF_MODE: Final = "mode"

DEVICE_PLATFORMS: Final = (Platform.NUMBER, Platform.SELECT, Platform.SENSOR)
CHARGER_PLATFORMS: Final = (
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
)
SITE_PLATFORMS: Final = (Platform.NUMBER, Platform.SELECT, Platform.SENSOR)
