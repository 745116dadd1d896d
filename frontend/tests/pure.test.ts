import "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, type Session } from "../src/csv.ts";
import { chargers, modules, siteOf, sites } from "../src/find.ts";
import { flowsOf } from "../src/flows.ts";
import * as format from "../src/format.ts";
import { KINDS, reasonOf } from "../src/reason.ts";
import {
  ENGLISH,
  entityOf,
  GARAGE,
  house,
  SITE,
  textsOf,
  wholeHouse,
} from "./house.ts";

const plain = (said: string) =>
  said.replaceAll("\u00a0", " ").replaceAll("\u202f", " ");
const NOW = new Date("2026-11-22T10:00:00Z");

test("chargers, sites and circuits are found whatever they are called", () => {
  const home = wholeHouse();
  assert.deepEqual(
    chargers(home).map((one) => one.device),
    ["garage"],
  );
  assert.deepEqual(
    sites(home).map((one) => one.device),
    ["house"],
  );
  const [module] = modules(home, "gateway");
  assert.equal(module?.name, "Module");
  // As people count: 9 before 10.
  assert.deepEqual(
    module?.circuits.map((one) => one.name),
    ["Circuit 9", "Circuit 10"],
  );
  assert.deepEqual(modules(home, "another"), []);
});

test("a wallbox's second connector is no circuit", () => {
  const power: [string, object] = ["0", { unit_of_measurement: "W" }];
  const home = house({ two: { power, connector_status: "available" } as never }, [
    { id: "two", parent_device_id: "one" },
  ]);
  assert.deepEqual(modules(home), []);
});

test("hidden entities and those of others count for nothing", () => {
  const home = wholeHouse();
  for (const entity of Object.values(home.entities)) {
    if (entity.device_id === "garage") entity.platform = "other";
    if (entity.device_id === "house") entity.hidden = true;
  }
  assert.deepEqual([...chargers(home), ...sites(home)], []);
});

test("of two sites each charger's own is asked for", async () => {
  const home = house({ one: SITE, other: SITE, garage: GARAGE }, [
    { id: "one", primary_config_entry: "1" },
    { id: "other", primary_config_entry: "2" },
  ]);
  const mode = entityOf(home, "garage", "charge_mode");
  home.answers["config/entity_registry/get_entries"] = {
    [mode]: { config_entry_id: "2" },
  };
  assert.deepEqual([...(await siteOf(home))], [["garage", "other"]]);
});

test("numbers follow the user's locale, never the browser's", () => {
  const home = house({});
  assert.equal(plain(format.power(home, 994)), "990 W");
  assert.equal(plain(format.power(home, 1249)), "1.2 kW");
  assert.equal(plain(format.power(home, -4)), "0 W");
  assert.equal(plain(format.power(home, 123_456)), "123 kW");
  assert.equal(plain(format.energy(home, 12.345, 2)), "12.35 kWh");
  assert.equal(plain(format.energy(home, 12_345)), "12.3 MWh");
  assert.equal(plain(format.percent(home, 99.7)), "99 %");
  home.locale.number_format = "quote_decimal";
  // Which apostrophe it is depends on the browser.
  assert.match(format.number(home, 1234.5, 1), /^1[’']234\.5$/);
  home.locale.number_format = "decimal_comma";
  assert.equal(format.number(home, 1234.5, 1), "1.234,5");
  home.locale.number_format = "none";
  assert.equal(format.number(home, 1234.5, 1), "1234.5");
  assert.equal(plain(format.money(home, 1.1, "CHF")), "CHF 1.10");
});

test("every figure of every tail is known", () => {
  for (const language of ["en", "de", "fr", "it"])
    for (const [reason, tail] of Object.entries(textsOf(language).tails))
      for (const [, name] of tail.matchAll(/\{(\w+)\}/g))
        assert.ok((name ?? "") in KINDS, `${language}: ${reason} names ${name}`);
});

const said = (
  state: string,
  attributes: Record<string, unknown> = {},
  until = "unknown",
  language = "en",
) => {
  const home = house({ garage: { reason: [state, attributes], next_change: until } });
  const texts = textsOf(language);
  const reason = home.states[entityOf(home, "garage", "reason")];
  const change = home.states[entityOf(home, "garage", "next_change")];
  return reasonOf(home, texts, reason, change, NOW);
};

test("a reason is a sentence with its numbers", () => {
  assert.equal(
    plain(said("surplus_low", { have: 300, need: 1400 }).sentence),
    "Waiting for more sun: 300 W surplus, 1.4 kW needed.",
  );
  // Thirty watts of the grid are nobody's business.
  assert.equal(
    plain(said("solar_min", { power: 1400, grid: 20 }).sentence),
    "Charging at minimum: 1.4 kW.",
  );
  assert.equal(
    plain(said("fuse", { circuit: "House", phase: "L2", limit: 8 }).sentence),
    "Limited by the fuse: House L2, 8 A.",
  );
  assert.equal(said("no_vehicle").sentence, "No car plugged in.");
});

test("a countdown goes by seconds and says when it is over", () => {
  const soon = "2026-11-22T10:04:32Z";
  const start = said("start_delay", { next: "start" }, soon);
  assert.equal(start.sentence, "Enough sun: starts in 4:32.");
  assert.ok(start.counts);
  // The line below would only say it again.
  assert.equal(start.next, undefined);
  const over = said("start_delay", {}, "2026-11-22T09:59:59Z");
  assert.equal(over.sentence, "Enough sun: any moment.");
  const price = said("price", { next: "pause", price: 0.2 }, "2026-11-22T12:00:00Z");
  assert.equal(plain(price.next ?? ""), "Pauses in 2 h");
});

test("times are by the house's clock, with their day", () => {
  const later = (at: string) => plain(said("plan", { ready: at }).sentence);
  assert.equal(later("2026-11-22T17:00:00Z"), "Charging by plan: ready 18:00.");
  assert.equal(
    later("2026-11-23T06:00:00Z"),
    "Charging by plan: ready tomorrow 07:00.",
  );
  assert.equal(later("2026-11-25T06:00:00Z"), "Charging by plan: ready Wed 07:00.");
});

test("a time of day is that of the house, wherever it is read", () => {
  const home = house({});
  home.locale.time_zone = "local";
  assert.equal(format.clock(home, "07:05"), "07:05");
  home.locale.time_format = "12";
  assert.equal(plain(format.clock(home, "19:05")), "7:05 PM");
});

test("a reason that nobody has told yet is said so", () => {
  assert.equal(said("unknown").sentence, ENGLISH.cards.no_reason);
});

test("both sides of the house are of the same length", () => {
  const home = house({
    house: SITE,
    roof: { sun: ["7.8", { unit_of_measurement: "kW" }] },
  });
  const [site] = sites(home);
  assert.ok(site);
  const flows = flowsOf(home, site, [entityOf(home, "roof", "sun")]);
  assert.deepEqual(flows.from, [{ key: "sun", power: 7800 }]);
  assert.equal(flows.house, 900);
  const sum = flows.to.reduce((all, share) => all + share.power, 0);
  assert.equal(Math.round(sum), 7800);
});

test("a house whose sun nobody measures shows what is not measured", () => {
  const home = house({ house: SITE });
  const [site] = sites(home);
  assert.ok(site);
  const flows = flowsOf(home, site, []);
  assert.deepEqual(flows.from, [{ key: "rest", power: 6900 }]);
  assert.equal(flows.house, undefined);
});

test("an empty meter makes no numbers", () => {
  const home = house({ house: { surplus: "unknown", grid_power: "unavailable" } });
  const [site] = sites(home);
  assert.ok(site);
  const flows = flowsOf(home, site, []);
  assert.deepEqual([flows.grid, flows.house, flows.total], [undefined, undefined, 0]);
});

test("a table is one for spreadsheets, and runs no formula", () => {
  const session: Session = {
    start: "2026-11-22T10:00:00+01:00",
    end: null,
    duration: 112.5,
    charger: 'Garage, "left"',
    tag: "=1+1",
    energy: 12.4,
    cost: 1.1,
    currency: "CHF",
    price: 0.0887,
    sun_share: 94,
    meter_start: 100,
    meter_end: 112.4,
    reason: null,
    running: true,
    doubtful: false,
    id: 7,
  };
  const [head, row] = csv([session], true).split("\r\n");
  assert.ok(head?.startsWith("\ufeffstart;end;"));
  assert.equal(
    row,
    `2026-11-22T10:00:00+01:00;;112,5;"Garage, ""left""";'=1+1;12,400;1,1;CHF;0,0887;94;100,000;112,400;;7`,
  );
  assert.ok(csv([session], false).includes("112.400"));
});
