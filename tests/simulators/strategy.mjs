// Makes the dashboard with the module as it is shipped: what Home Assistant tells comes
// as JSON by standard input, the dashboard goes to standard output.
import { readFileSync } from "node:fs";

const PART = new URL("../../custom_components/meters_and_chargers/", import.meta.url);

// As much of a page as the module asks for when it is loaded.
globalThis.HTMLElement = class {};
globalThis.customElements = { define() {}, get() {} };
globalThis.document = { createTreeWalker() {}, createComment() {} };
globalThis.window = globalThis;
globalThis.fetch = async (url) => ({
  ok: true,
  json: async () => JSON.parse(readFileSync(url, "utf8")),
});

const told = JSON.parse(readFileSync(0, "utf8"));
const byKey = (rows, key) => Object.fromEntries(rows.map((row) => [row[key], row]));
// Home Assistant's pages spell these out in the same way.
const entities = told.entities.entities.map((one) => ({
  entity_id: one.ei,
  device_id: one.di,
  platform: one.pl,
  translation_key: one.tk,
  hidden: one.hb,
}));
const { generate } = await import(new URL("frontend/cards.js", PART));
const dashboard = await generate(
  { type: "custom:meters-chargers" },
  {
    states: byKey(told.states, "entity_id"),
    entities: byKey(entities, "entity_id"),
    devices: byKey(told.devices, "id"),
    language: "en",
    config: told.config,
    callWS: async () => told.energy,
  },
);
process.stdout.write(JSON.stringify(dashboard));
