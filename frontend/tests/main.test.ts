import "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import "../src/main.ts";
import type { Hass } from "../src/hass.ts";
import { entityOf, wholeHouse } from "./house.ts";

interface Entry {
  type: string;
  name: string;
  description: string;
  getEntitySuggestion(hass: Hass, entity: string): { config: object } | null;
}
interface Shell {
  new (): HTMLElement & { setConfig(config: object): void };
  getConfigForm(): {
    schema: {
      name: string;
      selector: Record<string, { options?: { label: string }[] }>;
    }[];
    computeLabel(field: { name: string }): string;
  };
}

const cards = (window.customCards ?? []) as Entry[];
const shell = (type: string) => customElements.get(type) as unknown as Shell;

test("five cards and a dashboard are offered, with words", () => {
  assert.deepEqual(
    cards.map((card) => card.type.split("-")[2]),
    ["charger", "site", "circuits", "sessions", "health"],
  );
  for (const card of cards) assert.ok(card.name && card.description, card.type);
  const [dashboard] = (window.customStrategies ?? []) as (Entry & {
    strategyType: string;
  })[];
  assert.equal(dashboard?.strategyType, "dashboard");
  assert.ok(dashboard.description);
  assert.ok(customElements.get(`ll-strategy-dashboard-${dashboard.type}`));
});

test("the words are in the page's language", () => {
  document.documentElement.lang = "fr-CH";
  assert.equal(cards[1]?.name, "Maison");
  document.documentElement.lang = "nl";
  assert.equal(cards[1]?.name, "House");
});

test("every field of every form has a name, and so has each choice", () => {
  for (const { type } of cards) {
    const { schema, computeLabel } = shell(type).getConfigForm();
    for (const field of schema) {
      assert.ok(computeLabel(field), `${type}: ${field.name}`);
      for (const option of field.selector.select?.options ?? [])
        assert.ok(option.label, `${type}: ${field.name}`);
    }
  }
});

test("a charger's and a site's entities suggest their cards, others none", () => {
  const home = wholeHouse();
  const suggested = (device: string, key: string) =>
    cards.flatMap(
      (card) => card.getEntitySuggestion(home, entityOf(home, device, key)) ?? [],
    );
  assert.deepEqual(suggested("garage", "charge_mode"), [
    { config: { type: "custom:meters-chargers-charger-card", device: "garage" } },
  ]);
  assert.deepEqual(suggested("house", "surplus"), [
    { config: { type: "custom:meters-chargers-site-card", site: "house" } },
  ]);
  assert.deepEqual(suggested("garage", "max_current"), []);
});

test("a configuration that can't be shown is refused", () => {
  const card = new (shell("meters-chargers-charger-card"))();
  assert.throws(() => card.setConfig({ show: "mode" }), /show/);
});
