"""Names which the Home Assistant side shares; no figures of devices."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "meters_and_chargers"

# Entry data of a device.
CONF_FAMILY: Final = "family"
CONF_MORE: Final = "more"
CONF_UNIT_ID: Final = "unit_id"
# The same at a serial port, besides Home Assistant's own "device".
CONF_BAUD_RATE: Final = "baud_rate"
CONF_FORMAT: Final = "format"
# Entry data of several devices behind one address: who they are, where they were.
CONF_MEMBERS: Final = "members"
CONF_HOSTS: Final = "hosts"
# Entry data of a load group that is told through its owner's account: it has no host.
CONF_BY_ACCOUNT: Final = "by_account"
CONF_GROUP_ID: Final = "group_id"
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
CONF_WATCH_LOAD_MANAGEMENT: Final = "watch_load_management"
CONF_REASSERT: Final = "reassert"
CONF_LEAVE: Final = "leave"
CONF_LEAVE_CURRENT: Final = "leave_current"

# Entry data and options of a DIRIS gateway: where modules are looked for, which there
# are, by Modbus and by BACnet, what circuits are called.
FAMILY_DIRIS: Final = "diris"
CONF_ADDRESSES: Final = "addresses"
CONF_MODULES: Final = "modules"
CONF_BACNET_MODULES: Final = "bacnet_modules"
# Options of one: whether what one source says is shown; BACnet; by product where a test
# has found the energy counters, with what it saw.
CONF_SINGLE_SOURCE: Final = "single_source"
CONF_BACNET: Final = "bacnet"
CONF_BACNET_OUTPUTS: Final = "bacnet_outputs"
CONF_INSTANCE: Final = "instance"
CONF_EVERY: Final = "every"
CONF_ENERGY_PLACES: Final = "energy_places"
# Options of one: the user's MIB files, by what changes with them; traps; outputs, with
# the places that were found of them.
CONF_MIB: Final = "mib"
CONF_TRAPS: Final = "traps"
CONF_OUTPUTS: Final = "outputs"
CONF_PLACES: Final = "places"
# As whom SNMP is spoken.
CONF_VERSION: Final = "version"
CONF_COMMUNITY: Final = "community"
CONF_AUTH: Final = "auth"
CONF_PRIVACY: Final = "privacy"
# Option of a gateway: the files it exports, where they come from and how they are read.
CONF_EXPORT: Final = "export"
CONF_FOLDER: Final = "folder"
CONF_ZONE: Final = "zone"
EXPORT_USER: Final = "diris"
# How a gateway is read: by Modbus unless it says no, by SNMP if that is there, with
# the circuits and columns found by it.
CONF_PATH: Final = "path"
CONF_MODBUS: Final = "modbus"
CONF_MODBUS_KEY: Final = "modbus_key"
CONF_SNMP: Final = "snmp"
CONF_ENGINE_ID: Final = "engine_id"
CONF_CIRCUITS: Final = "circuits"
CONF_COLUMNS: Final = "columns"
CONF_HIDDEN: Final = "hidden"

# Entry data of an OCPP server and of a wallbox that connects to it.
FAMILY_OCPP_SERVER: Final = "ocpp_server"
FAMILY_OCPP_CHARGER: Final = "ocpp_charger"
CONF_CHARGER_ID: Final = "charger_id"
CONF_SERVER: Final = "server"
CONF_MAXIMUM_CURRENT: Final = "maximum_current"
# Options of such a wallbox; off stays written until what was on has been cleared.
CONF_FALLBACK: Final = "fallback"
CONF_METER_INTERVAL: Final = "meter_interval"
CONF_PAUSE: Final = "pause"
CONF_MEASURE: Final = "measure"
CONF_ON_LEAVE: Final = "on_leave"
CONF_FALLBACK_CURRENT: Final = "fallback_current"
CONF_ADVANCED: Final = "advanced"
CONF_OCPP_VERSION: Final = "ocpp_version"
CONF_ALIASES: Final = "aliases"
CONF_PING_INTERVAL: Final = "ping_interval"
CONF_CALL_TIMEOUT: Final = "call_timeout"
CONF_REPLY_DELAY: Final = "reply_delay"
CONF_UNAVAILABLE_AFTER: Final = "unavailable_after"
# How a server encrypts, what its certificate names, the pair of its owner's to show
# instead, whether new wallboxes need a password; how a wallbox proves who it is.
CONF_TLS_MODE: Final = "tls_mode"
CONF_OLD_CIPHERS: Final = "old_ciphers"
CONF_NAMES: Final = "names"
CONF_OWN_PAIR: Final = "own_pair"
CONF_CREDENTIALS: Final = "credentials"
CONF_SECURITY: Final = "security"
# Option of a charger: the billing service at which it is shown; certificates and keys
# stand in files.
CONF_BILLING: Final = "billing"
CONF_BILLING_MODE: Final = "billing_mode"
CONF_TRUST: Final = "trust"
CONF_CERTIFIED: Final = "certified"
CONF_FILES: Final = "files"
CONF_FIXED_TAG: Final = "fixed_tag"
CONF_BACKEND_CARDS: Final = "backend_cards"
CONF_PASSED_ON: Final = "passed_on"
# Of a charger without OCPP besides: what it does not say itself, and who may charge.
CONF_STAND_IN: Final = "stand_in"
CONF_ENERGY_ENTITY: Final = "energy_entity"
CONF_POWER_ENTITY: Final = "power_entity"
CONF_FREE: Final = "free"
# Option of a server and, where it is another one, of a wallbox: who may charge.
CONF_POLICY: Final = "policy"
# Options of a server; off stays written, so that wallboxes forget their copy.
CONF_OFFLINE: Final = "offline"
CONF_LOCAL_LIST: Final = "local_list"
# Subentries of a server.
SUBENTRY_CARD: Final = "card"
CONF_TAG: Final = "tag"
CONF_CARD_KIND: Final = "card_kind"
CONF_EXPIRY: Final = "expiry"
CONF_GROUP: Final = "group"
CONF_WALLBOXES: Final = "wallboxes"
CONF_ENERGY_LIMIT: Final = "energy_limit"
CONF_ALONE: Final = "alone"
CONF_BLOCKED: Final = "blocked"

# Entry data of a site.
FAMILY_SITE: Final = "site"
CONF_GRID_METER: Final = "grid_meter"
CONF_GRID_POWER: Final = "grid_power"
CONF_GRID_IMPORT: Final = "grid_import"
CONF_GRID_EXPORT: Final = "grid_export"
CONF_GRID_POWERS: Final = "grid_powers"
CONF_GRID_CURRENTS: Final = "grid_currents"
CONF_GRID_TURNED: Final = "grid_turned"
CONF_FUSE_CURRENT: Final = "fuse_current"
CONF_BATTERY_POWER: Final = "battery_power"
CONF_BATTERY_TURNED: Final = "battery_turned"
CONF_BATTERY_LEVEL: Final = "battery_level"
CONF_PRICE: Final = "price"

# Option of a site besides the figures in site_options.py.
CONF_ON_STOP: Final = "on_stop"

# Subentries of a site.
SUBENTRY_CHARGER: Final = "charger"
CONF_CHARGER: Final = "charger"
CONF_CHARGER_METER: Final = "charger_meter"
CONF_CHARGER_PHASES: Final = "charger_phases"
CONF_CHARGER_CURRENTS: Final = "charger_currents"
CONF_MODE: Final = "mode"
CONF_CIRCUIT: Final = "circuit"
CONF_PRIORITY: Final = "priority"
CONF_ROTATION: Final = "rotation"
CONF_CAPACITY: Final = "capacity"
CONF_CAR_LEVEL: Final = "car_level"
# The same of a charger that is made of Home Assistant's entities.
CONF_CURRENT_ENTITY: Final = "current_entity"
CONF_SWITCH_ENTITY: Final = "switch_entity"
CONF_PHASES_ENTITY: Final = "phases_entity"
CONF_PLUGGED_ENTITY: Final = "plugged_entity"
CONF_STATUS_ENTITY: Final = "status_entity"
CONF_MINIMUM_CURRENT: Final = "minimum_current"
CONF_STEP: Final = "step"
CONF_WRITE_INTERVAL: Final = "write_interval"
CONF_SETTLE: Final = "settle"
SUBENTRY_CIRCUIT: Final = "circuit"
CONF_PARENT: Final = "parent"
CONF_POWER_CAP: Final = "power_cap"

DEVICE_PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
)
CHARGER_PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.UPDATE,
)
DIRIS_PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
)
SITE_PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
)
