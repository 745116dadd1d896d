import "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { generate } from "../src/strategy.ts";
import { entityOf, GARAGE, house, SITE, wholeHouse } from "./house.ts";

const TYPE = { type: "custom:meters-chargers" };

interface View {
  title: string;
  path: string;
  icon?: string;
  show_icon_and_title?: boolean;
  subview?: boolean;
  sections?: { cards: { type: string; compact?: boolean }[] }[];
}

const viewsOf = async (...made: Parameters<typeof generate>) =>
  (await generate(...made)).views as View[];

/** All entities and devices that a dashboard names. */
const named = (node: unknown, found: string[] = []): string[] => {
  if (typeof node === "string" && node.startsWith("sensor.")) found.push(node);
  if (node && typeof node === "object")
    for (const one of Object.values(node)) named(one, found);
  return found;
};

test("a view for each thing there is, of entities that exist", async () => {
  const home = wholeHouse();
  const views = await viewsOf(TYPE, home);
  assert.deepEqual(
    views.map((view) => view.path),
    ["overview", "charger-1", "circuits", "sessions", "health"],
  );
  const entities = named(views);
  assert.ok(entities.length > 10);
  for (const entity of entities) assert.ok(entity in home.states, entity);
});

test("each tab tells its title beside its icon", async () => {
  for (const view of await viewsOf(TYPE, wholeHouse())) {
    assert.ok(view.icon && view.title, view.path);
    assert.equal(view.show_icon_and_title, true, view.path);
  }
});

test("an empty house has an overview that says what to do", async () => {
  const views = await viewsOf(TYPE, house({}));
  assert.deepEqual(
    views.map((view) => view.path),
    ["overview", "health"],
  );
  const cards = views[0]?.sections?.flatMap((section) => section.cards) ?? [];
  assert.deepEqual(
    cards.map((card) => card.type),
    ["custom:meters-chargers-charger-card", "custom:meters-chargers-site-card"],
  );
});

test("more than three chargers are small, their views behind them", async () => {
  const pages = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, GARAGE]));
  const views = await viewsOf(TYPE, house({ house: SITE, ...pages }));
  assert.ok(views[0]?.sections?.[0]?.cards.every((card) => card.compact));
  assert.ok(
    views
      .filter((view) => view.path.startsWith("charger"))
      .every((view) => view.subview),
  );
});

test("the owner chooses views and hides devices; titles are in their language", async () => {
  const home = wholeHouse();
  home.language = "de-CH";
  const views = await viewsOf(
    { ...TYPE, show: ["overview", "chargers", "health"], hide_devices: ["garage"] },
    home,
  );
  assert.deepEqual(
    views.map((view) => view.title),
    ["Übersicht", "Zustand"],
  );
});

test("the sun's sensors come from the energy settings", async () => {
  const home = wholeHouse();
  home.answers["energy/get_prefs"] = {
    energy_sources: [{ type: "solar", stat_rate: "sensor.roof" }, { type: "grid" }],
  };
  const views = await viewsOf(TYPE, home);
  assert.ok(named(views).includes("sensor.roof"));
});

test("a graph draws nothing that has a sign", async () => {
  const home = wholeHouse();
  const graphs = JSON.stringify(await viewsOf(TYPE, home));
  assert.ok(graphs.includes(`"${entityOf(home, "house", "surplus")}"`));
  const axes = graphs.match(/"history-graph","min_y_axis":0/g);
  assert.equal(axes?.length, 2, "an axis begins at nothing");
  assert.ok(!graphs.includes(`"${entityOf(home, "house", "grid_power")}"`));
});

test("without a logbook there is no card of it", async () => {
  const home = wholeHouse();
  home.config.components = [];
  assert.ok(!JSON.stringify(await generate(TYPE, home)).includes("logbook"));
});
