/** Finds what is shown by the registries: platform, device, translation key. */

import { type Device, type Hass, isKnown, type State } from "./hass.ts";

export const DOMAIN = "meters_and_chargers";

/** The entities of a device by translation key; several of one key in order. */
export type Entities = Record<string, string[]>;

export interface Found {
  device: string;
  name: string;
  entities: Entities;
}

export interface Circuit extends Found {
  module: string;
  /** The entities whose states are shown of it. */
  shown: string[];
}

export interface Module {
  device: string;
  name: string;
  circuits: Circuit[];
}

export const nameOf = (device?: Device): string =>
  device?.name_by_user || device?.name || "";

const kept = new WeakMap<object, Map<string, Entities>>();

/** Our entities of each device that has some, in the registry's order. */
export const pages = (hass: Hass): Map<string, Entities> => {
  // Asked with every state that changes, of registries that hardly ever do.
  let found = kept.get(hass.entities);
  if (found === undefined) {
    found = listed(hass);
    kept.set(hass.entities, found);
  }
  return found;
};

const listed = (hass: Hass): Map<string, Entities> => {
  const found = new Map<string, Entities>();
  for (const entity of Object.values(hass.entities)) {
    if (entity.platform !== DOMAIN || entity.hidden || !entity.device_id) continue;
    const page = found.get(entity.device_id) ?? {};
    const key = entity.translation_key ?? "";
    page[key] = [...(page[key] ?? []), entity.entity_id];
    found.set(entity.device_id, page);
  }
  for (const page of found.values()) for (const of of Object.values(page)) of.sort();
  return found;
};

const having = (hass: Hass, key: string): Found[] =>
  [...pages(hass)]
    .filter(([device, page]) => key in page && device in hass.devices)
    .map(([device, entities]) => ({
      device,
      name: nameOf(hass.devices[device]),
      entities,
    }))
    .sort((one, other) => one.name.localeCompare(other.name, hass.language));

/** The chargers that sites steer: each has a mode, on whosever page. */
export const chargers = (hass: Hass): Found[] => having(hass, "charge_mode");
export const sites = (hass: Hass): Found[] => having(hass, "surplus");

const SHOWN = ["power", "current_phase"];

/** The gateway's modules with their circuits, by name as numbers count. */
export const modules = (hass: Hass, gateway?: string): Module[] => {
  const found = new Map<string, Module>();
  for (const [device, entities] of pages(hass)) {
    const circuit = hass.devices[device];
    const parent = circuit?.parent_device_id;
    // A wallbox's second connector stands below the first as well.
    const wallbox = "charge_mode" in entities || "connector_status" in entities;
    if (!parent || !("power" in entities) || wallbox) continue;
    const page = hass.devices[parent];
    if (gateway && parent !== gateway && page?.via_device_id !== gateway) continue;
    const module = found.get(parent) ?? {
      device: parent,
      name: nameOf(page),
      circuits: [],
    };
    const shown = SHOWN.flatMap((key) => entities[key] ?? []);
    const name = nameOf(circuit);
    module.circuits.push({ device, name, entities, module: parent, shown });
    found.set(parent, module);
  }
  const order = new Intl.Collator(hass.language, { numeric: true });
  const byName = (one: { name: string }, other: { name: string }) =>
    order.compare(one.name, other.name);
  for (const module of found.values()) module.circuits.sort(byName);
  return [...found.values()].sort(byName);
};

/** The first entity of a device with a key, if it is there and enabled. */
export const stateOf = (
  hass: Hass,
  found: { entities: Entities } | undefined,
  key: string,
): State | undefined => {
  const [entity] = found?.entities[key] ?? [];
  return entity === undefined ? undefined : hass.states[entity];
};

/** Whether the site's meter says nothing any more: what it said last is not shown. */
export const isSilent = (hass: Hass, site: Found): boolean =>
  ["stale", "lost"].includes(stateOf(hass, site, "grid_data_state")?.state ?? "");

/** All our entities of a device whose key begins so, with known states. */
export const statesOf = (hass: Hass, found: Found, key: string): State[] =>
  (found.entities[key] ?? []).map((entity) => hass.states[entity]).filter(isKnown);

/** The sites of chargers, by their config entries; asked only of several sites. */
export const siteOf = async (hass: Hass): Promise<Map<string, string>> => {
  const [only, ...others] = sites(hass);
  const modes = only === undefined ? [] : chargers(hass);
  if (only !== undefined && others.length === 0)
    return new Map(modes.map((charger) => [charger.device, only.device]));
  if (modes.length === 0) return new Map();
  const asked = modes.map((charger) => charger.entities.charge_mode?.[0] ?? "");
  const answer = await hass.callWS<
    Record<string, { config_entry_id: string | null } | null>
  >({ type: "config/entity_registry/get_entries", entity_ids: asked });
  const bySite = new Map(
    sites(hass).map((site) => [
      hass.devices[site.device]?.primary_config_entry,
      site.device,
    ]),
  );
  return new Map(
    modes.flatMap((charger, n) => {
      const site = bySite.get(answer[asked[n] ?? ""]?.config_entry_id ?? undefined);
      return site === undefined ? [] : [[charger.device, site]];
    }),
  );
};
