/** A house as Home Assistant tells of it, and the shipped words. */

import { readFileSync } from "node:fs";
import type { Device, Hass, RegisteredEntity, State } from "../src/hass.ts";
import type { Texts } from "../src/texts.ts";

const PART = new URL("../../custom_components/meters_and_chargers/", import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, PART), "utf8"));

export const textsOf = (language: string): Texts => read(`texts/${language}.json`);
export const ENGLISH = textsOf("en");

// The cards ask for their words as a browser does.
globalThis.fetch = (async (url: URL) => ({
  ok: true,
  json: async () => textsOf(/(\w+)\.json$/.exec(String(url))?.[1] ?? "en"),
})) as unknown as typeof fetch;

export interface House extends Hass {
  calls: unknown[][];
  asked: Record<string, unknown>[];
  answers: Record<string, unknown>;
}

type Page = Record<string, string | [string, Record<string, unknown>]>;

/** Make a house of pages: the states and attributes of each by translation key. */
export const house = (
  pages: Record<string, Page>,
  devices: Partial<Device>[] = [],
): House => {
  const entities: Record<string, RegisteredEntity> = {};
  const states: Record<string, State> = {};
  const calls: unknown[][] = [];
  const asked: Record<string, unknown>[] = [];
  const answers: Record<string, unknown> = {
    "energy/get_prefs": { energy_sources: [] },
  };
  const translations = read("translations/en.json").entity;
  for (const [device_id, page] of Object.entries(pages))
    for (const [key, told] of Object.entries(page)) {
      const [state, attributes] = typeof told === "string" ? [told, {}] : told;
      // Whatever an owner calls it: nothing may depend on it.
      const entity_id = `sensor.renamed_${Object.keys(entities).length}`;
      const translation_key = key.split("#")[0] ?? key;
      entities[entity_id] = {
        entity_id,
        device_id,
        platform: "meters_and_chargers",
        translation_key,
      };
      states[entity_id] = {
        entity_id,
        state,
        attributes,
        last_changed: "2026-11-22T10:00:00+00:00",
        last_updated: "2026-11-22T10:00:00+00:00",
      };
    }
  const known = Object.fromEntries(
    Object.keys(pages).map((id) => [id, { id, name: id } as Device]),
  );
  for (const device of devices)
    if (device.id) known[device.id] = { ...known[device.id], ...device } as Device;
  return {
    calls,
    asked,
    answers,
    states,
    entities,
    devices: known,
    language: "en",
    locale: { language: "en", number_format: "language", time_format: "24" },
    config: { currency: "CHF", time_zone: "Europe/Zurich", components: ["logbook"] },
    formatEntityState: (of, value = of.state) => {
      const key = entities[of.entity_id]?.translation_key ?? "";
      for (const platform of ["sensor", "select"]) {
        const said = translations[platform]?.[key]?.state?.[value];
        if (said) return said;
      }
      return value;
    },
    callService: async (...call) => {
      calls.push(call);
    },
    callWS: async <Answer>(message: Record<string, unknown>) => {
      asked.push(message);
      const answer = answers[String(message.service ?? message.type)];
      if (answer === undefined) throw new Error("no answer");
      return answer as Answer;
    },
  };
};

export const GARAGE: Page = {
  charge_mode: ["solar", { options: ["off", "solar", "min_solar", "fast"] }],
  charger_state: ["charging", { plan: null }],
  reason: ["solar", { severity: "ok", power: 5200 }],
  next_change: "unknown",
  max_current: ["16", { min: 6, max: 32, step: 1 }],
  target_energy: "0",
  power: ["5210", { unit_of_measurement: "W" }],
  "current_phase#1": "7.6",
  "current_phase#2": "7.5",
  "current_phase#3": "7.5",
  session_energy: "12.4",
  session_solar_share: "94",
  transaction: "7",
};
export const SITE: Page = {
  surplus: ["3450", { unit_of_measurement: "W" }],
  grid_power: ["-1700", { unit_of_measurement: "W" }],
  charging_power: ["5.2", { unit_of_measurement: "kW" }],
  grid_data_state: "fresh",
  headroom_l1: ["11.8", { rating: 25 }],
  headroom_l2: ["2.9", { rating: 25 }],
  headroom_l3: ["-2.0", { rating: 25 }],
  overload_count: ["1", { worst: 3 }],
  observe: "off",
  energy_today: "14.23",
  solar_share_today: "88",
  cost_today: ["1.7", { unit_of_measurement: "CHF" }],
};
export const CIRCUIT: Page = { power: ["400", { unit_of_measurement: "W" }] };

/** A house with a site, a charger, a meter and a gateway with two circuits. */
export const wholeHouse = (): House =>
  house(
    {
      house: SITE,
      garage: GARAGE,
      meter: { power: ["-1700", { unit_of_measurement: "W" }] },
      gateway: { reading_interval: "10" },
      kitchen: CIRCUIT,
      pump: { power: ["1.2", { unit_of_measurement: "kW" }] },
    },
    [
      { id: "house", entry_type: "service" },
      { id: "module", name: "Module", via_device_id: "gateway" },
      { id: "kitchen", name: "Circuit 10", parent_device_id: "module" },
      { id: "pump", name: "Circuit 9", parent_device_id: "module" },
    ],
  );

/** The entity of a page by its key. */
export const entityOf = (home: House, device: string, key: string): string =>
  Object.values(home.entities).find(
    (one) => one.device_id === device && one.translation_key === key,
  )?.entity_id ?? "";
