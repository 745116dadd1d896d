import "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Card } from "../src/card.ts";
import { stub } from "../src/cards.ts";
import type { State } from "../src/hass.ts";
import { entityOf, type House, house, wholeHouse } from "./house.ts";

/** Show a card of a house, and wait until it is drawn. */
const show = async (name: string, home: House, config: object = {}) => {
  const card = document.createElement(`meters-chargers-${name}-inside`) as Card;
  card.setConfig({ type: "", ...config });
  card.hass = home;
  document.body.append(card);
  for (let n = 0; n < 20; n++) await Promise.resolve();
  await new Promise((done) => setTimeout(done, 0));
  await card.updateComplete;
  return card;
};
const textOf = (card: Card): string =>
  (card.renderRoot as ShadowRoot).textContent.replace(/\s+/g, " ").trim();
const all = <E extends HTMLElement>(card: Card, what: string): E[] => [
  ...card.renderRoot.querySelectorAll<E>(what),
];
const redrawn = async (card: Card) => {
  card.requestUpdate();
  await card.updateComplete;
};
/** Open the panel of a charger's reason; it is fetched when that is first done. */
const opened = async (card: Card) => {
  all(card, ".reason")[0]?.click();
  for (let n = 0; n < 5; n++) await new Promise((done) => setTimeout(done, 0));
  await card.updateComplete;
};
/** A house in which one entity has another state. */
const changed = (home: House, entity: string, state: string): House => {
  const before = home.states[entity];
  assert.ok(before);
  return { ...home, states: { ...home.states, [entity]: { ...before, state } } };
};

test("a charger's card tells state, power, phases and reason", async () => {
  const card = await show("charger", wholeHouse(), { device: "garage" });
  const text = textOf(card);
  for (const part of [
    "garage",
    "Charging",
    "5.2 kW",
    "3 phases",
    "7.6 A",
    "94 % sun",
    "12.40 kWh",
  ])
    assert.ok(text.includes(part), `${part}: ${text}`);
  assert.ok(text.includes("Charging from the sun: 5.2 kW."));
  card.remove();
});

test("the mode is a group of radio buttons that arrows move in", async () => {
  const home = wholeHouse();
  const card = await show("charger", home, { device: "garage" });
  const [group] = all(card, "[role=radiogroup]");
  assert.equal(group?.getAttribute("aria-label"), "garage, mode");
  const checked = () =>
    all(card, "[aria-checked=true]").map((one) => one.textContent.trim());
  assert.deepEqual(checked(), ["Solar"]);
  group?.dispatchEvent(
    new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }),
  );
  await card.updateComplete;
  // The user's choice stands until the answer has come.
  assert.deepEqual(checked(), ["Min + Solar"]);
  assert.deepEqual(
    home.calls.map((call) => call.slice(0, 3)),
    [["select", "select_option", { option: "min_solar" }]],
  );
  card.remove();
});

test("what a chosen mode brings is shown at once, other news once a second", async () => {
  const home = wholeHouse();
  const reason = entityOf(home, "garage", "reason");
  const card = await show("charger", home, { device: "garage" });
  card.hass = changed(home, reason, "finished");
  await card.updateComplete;
  assert.ok(textOf(card).includes("Charging from the sun"));
  card.remove();
  const other = await show("charger", home, { device: "garage" });
  all(other, "[data-option=off]")[0]?.click();
  await other.updateComplete;
  other.hass = changed(home, reason, "off");
  await other.updateComplete;
  assert.ok(textOf(other).includes("Switched off"));
  other.remove();
});

test("the slider writes once, when it is let go, and shows the device's answer", async () => {
  const home = wholeHouse();
  const limit = entityOf(home, "garage", "max_current");
  const card = await show("charger", home, { device: "garage" });
  const [slider] = all<HTMLInputElement>(card, "input[type=range]");
  assert.ok(slider);
  assert.equal(slider.getAttribute("aria-valuetext")?.replace("\u00a0", " "), "16 A");
  slider.value = "9";
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  slider.value = "10";
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  assert.equal(home.calls.length, 0);
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  await card.updateComplete;
  assert.deepEqual(
    home.calls.map((call) => call.slice(0, 4)),
    [["number", "set_value", { value: 10 }, { entity_id: limit }]],
  );
  assert.ok(textOf(card).includes("max 10"));
  card.hass = changed(home, limit, "10");
  await redrawn(card);
  card.hass = changed(home, limit, "12");
  await redrawn(card);
  assert.ok(textOf(card).includes("max 12"));
  card.remove();
});

test("what was refused jumps back with the reason", async () => {
  const home = wholeHouse();
  home.callService = () => Promise.reject(new Error("The wallbox is away"));
  const card = await show("charger", home, { device: "garage" });
  all(card, ".slider button")[0]?.click();
  await new Promise((done) => setTimeout(done, 0));
  await card.updateComplete;
  assert.ok(textOf(card).includes("The wallbox is away"));
  assert.ok(textOf(card).includes("max 16"));
  card.remove();
});

test("a plan is shown with its days, previewed and saved", async () => {
  const home = wholeHouse();
  const state = home.states[entityOf(home, "garage", "charger_state")];
  const ready = new Date(Date.now() + 8 * 3_600_000);
  const plan = {
    ready_at: ready.toISOString(),
    energy_kwh: 20,
    repeat: ["mon", "fri"],
  };
  if (state) state.attributes = { plan };
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const slots = [
    { start: at(2), end: at(3) },
    { start: at(6), end: at(8) },
  ];
  home.answers.preview = {
    response: {
      any: { ready_at: at(8), slots, start: at(2), late_minutes: 0, cost: 4.2 },
    },
  };
  const card = await show("charger", home, { device: "garage" });
  assert.match(textOf(card), /Plan: 20.0.kWh by .* · Mon, Fri/);
  all(card, ".plan button")[0]?.click();
  const settled = async () => {
    for (let n = 0; n < 5; n++) await new Promise((done) => setTimeout(done, 0));
    await card.updateComplete;
  };
  await settled();
  const days = all<HTMLInputElement>(card, "dialog [name=day]");
  assert.deepEqual(
    days.flatMap((day) => (day.checked ? [day.value] : [])),
    ["mon", "fri"],
  );
  assert.equal(days[0]?.getAttribute("aria-label"), "Monday");
  const said = textOf(card).replaceAll("\u00a0", " ");
  assert.match(said, /Ready .*Charging starts .* 3 h · about CHF 4\.20/);
  const widths = all(card, ".slots .bar span").map((span) => {
    const [left, width] = (span.getAttribute("style") ?? "").match(/[\d.]+/g) ?? [];
    return [Math.round(Number(left)), Math.round(Number(width))];
  });
  assert.deepEqual(widths, [
    [25, 13],
    [75, 25],
  ]);
  for (const day of days) day.checked = day.value === "sun";
  all(card, "dialog form")[0]?.dispatchEvent(new Event("submit"));
  await settled();
  const [domain, service, data] = home.calls[0] ?? [];
  assert.deepEqual([domain, service], ["meters_and_chargers", "set_plan"]);
  const { date, repeat, energy } = data as Record<string, unknown>;
  assert.deepEqual([repeat, energy], [["sun"], 20]);
  assert.equal(new Date(`${date}T12:00:00Z`).getUTCDay(), 0);
  card.remove();
});

test("the plan's sentence writes its time as the user does, and how late it will be", async () => {
  for (const [time_format, time] of [
    ["12", "7:00 AM"],
    ["24", "07:00"],
  ]) {
    const home = wholeHouse();
    Object.assign(home.locale, { time_format });
    const at = new Date().toISOString();
    const late = { ready_at: at, slots: [], start: at, late_minutes: 90, cost: null };
    home.answers.preview = { response: { any: late } };
    const card = await show("charger", home, { device: "garage" });
    all(card, ".plan button")[0]?.click();
    for (let n = 0; n < 5; n++) await new Promise((done) => setTimeout(done, 0));
    await card.updateComplete;
    const [line] = all(card, "dialog p[role=status]");
    const said = line?.textContent.replace(/\s/g, " ") ?? "";
    assert.match(said, new RegExp(`^Ready (today|tomorrow), \\w+ ${time}\\. Will be`));
    assert.match(said, /Will be ready 1.h.30.min late\.$/);
    card.remove();
  }
});

test("one of many chargers is two lines: name, power and state, and the reason", async () => {
  const card = await show("charger", wholeHouse(), { device: "garage", compact: true });
  const [head] = all(card, ".head");
  const text = head?.textContent.replace(/\s+/g, " ") ?? "";
  for (const part of ["garage", "5.2", "Charging"])
    assert.ok(text.includes(part), text);
  assert.ok(textOf(card).includes("Charging from the sun"));
  assert.equal(all(card, "[role=radiogroup], input, .plan").length, 0);
  card.remove();
});

test("a tap on the reason tells what is seen and what can be done", async () => {
  const home = wholeHouse();
  const reason = home.states[entityOf(home, "garage", "reason")];
  if (reason) Object.assign(reason, { state: "surplus_low", attributes: {} });
  const card = await show("charger", home, { device: "garage" });
  assert.ok(!textOf(card).includes("What I see"));
  await opened(card);
  const text = textOf(card).replaceAll("\u00a0", " ");
  for (const part of ["Grid: exports 1.7 kW", "L2: 2.9 A left", "L3: 2 A over"])
    assert.ok(text.includes(part), `${part}: ${text}`);
  const [more, boost] = all(card, ".explained .row button");
  more?.click();
  boost?.click();
  assert.deepEqual(
    home.calls.map(([, service, data]) => [service, data]),
    [
      ["select_option", { option: "min_solar" }],
      ["boost", { minutes: 30 }],
    ],
  );
  card.remove();
});

test("an opened reason says what it waits for, beside what there is", async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const cases: [string, object, RegExp][] = [
    ["surplus_low", { have: 300, need: 1400 }, /^1\.4 kW of surplus, now 300 W$/],
    ["surplus_low", { need: 1400 }, /^1\.4 kW of surplus$/],
    [
      "fuse_full",
      { circuit: "House", phase: "L2", free: 4.2, need: 6 },
      /^6 A free on House L2, now 4\.2 A$/,
    ],
    [
      "price_high",
      { price: 0.31, max_price: 0.2, start: soon },
      /^0\.20 CHF\/kWh or less, now 0\.31 CHF\/kWh, next .*\d\d:\d\d$/,
    ],
    ["battery_first", { soc: 40, target: 80 }, /^house battery at 80 %, now 40 %$/],
    ["min_off", { until: soon }, /^the end of the waiting time, .*\d\d:\d\d$/],
    ["car_not_taking", { limit: 10 }, /^the car$/],
  ];
  for (const [state, attributes, expected] of cases) {
    const home = wholeHouse();
    const reason = home.states[entityOf(home, "garage", "reason")];
    if (reason) Object.assign(reason, { state, attributes });
    const card = await show("charger", home, { device: "garage" });
    await opened(card);
    const [waits] = all(card, ".waits");
    assert.match(waits?.textContent.replace(/\s/g, " ") ?? "", expected);
    card.remove();
  }
  const card = await show("charger", wholeHouse(), { device: "garage" });
  await opened(card);
  assert.equal(all(card, ".waits").length, 0, "a car that charges waits for nothing");
  card.remove();
});

test("what can be done about a reason is what the charger has", async () => {
  const home = wholeHouse();
  const reason = home.states[entityOf(home, "garage", "reason")];
  if (reason) Object.assign(reason, { state: "off", attributes: {} });
  const mode = home.states[entityOf(home, "garage", "charge_mode")];
  if (mode) mode.state = "off";
  const card = await show("charger", home, { device: "garage" });
  await opened(card);
  const names = () =>
    all(card, ".explained .row button").map((one) => one.textContent.trim());
  assert.deepEqual(names(), ["Solar", "Fast"]);
  all(card, ".explained .row button")[1]?.click();
  assert.deepEqual(home.calls[0]?.slice(0, 3), [
    "select",
    "select_option",
    { option: "fast" },
  ]);
  if (reason) reason.state = "auth_pending";
  await redrawn(card);
  // A station without such a switch can't be released here.
  assert.deepEqual(names(), []);
  const entity_id = "switch.charging";
  home.entities[entity_id] = {
    entity_id,
    device_id: "garage",
    platform: "meters_and_chargers",
    translation_key: "charging",
  };
  home.entities = { ...home.entities };
  home.states[entity_id] = { ...(reason as State), entity_id, state: "off" };
  await redrawn(card);
  assert.deepEqual(names(), ["Release now"]);
  all(card, ".explained .row button")[0]?.click();
  assert.deepEqual(home.calls[1]?.slice(0, 2), ["switch", "turn_on"]);
  if (reason) reason.state = "fuse_full";
  await redrawn(card);
  assert.deepEqual(names(), ["house"]);
  card.remove();
});

test("the value of a late meter has its age beside it", async () => {
  const home = wholeHouse();
  const data = home.states[entityOf(home, "house", "grid_data_state")];
  const since = new Date(Date.now() - 14_200).toISOString();
  if (data) Object.assign(data, { state: "aging", attributes: { since } });
  const card = await show("site", home);
  const plain = (of?: HTMLElement) => of?.textContent.replace(/\s+/g, " ").trim() ?? "";
  const late = all(card, "dd.secondary").map(plain);
  assert.equal(late.length, 1);
  assert.match(late[0] ?? "", /^exports 1\.7 kW · 1[45] s$/);
  assert.match(plain(all(card, ".head")[0]), /Meter data: \w+ · 1[45] s$/);
  card.remove();
  const charger = await show("charger", home, { device: "garage" });
  await opened(charger);
  assert.match(textOf(charger), /Meter data: \w+ · 1[45].s/);
  charger.remove();
  if (data) Object.assign(data, { state: "fresh", attributes: {} });
  const fresh = await show("site", home);
  assert.equal(all(fresh, "dd.secondary").length, 0);
  assert.ok(!textOf(fresh).includes("Meter data"));
  fresh.remove();
});

test("a boost is ended by the button that began it", async () => {
  const home = wholeHouse();
  const state = home.states[entityOf(home, "garage", "charger_state")];
  const until = new Date(Date.now() + 27.5 * 60_000).toISOString();
  if (state) state.attributes = { boost_until: until };
  const card = await show("charger", home, { device: "garage", show: ["boost"] });
  const button = all(card, "section > button").find((one) =>
    /boost/i.test(one.textContent),
  );
  assert.match(button?.textContent ?? "", /Stop boost \(28.min left\)/);
  button?.click();
  assert.deepEqual(home.calls[0]?.slice(0, 3), [
    "meters_and_chargers",
    "boost",
    { minutes: 0 },
  ]);
  card.remove();
});

test("no old number is shown of a charger without contact", async () => {
  const home = wholeHouse();
  for (const key of ["power", "max_current", "session_energy"]) {
    const state = home.states[entityOf(home, "garage", key)];
    if (state) state.state = "unavailable";
  }
  for (const state of Object.values(home.states))
    if (["7.6", "7.5"].includes(state.state)) state.state = "unavailable";
  const card = await show("charger", home, { device: "garage" });
  assert.ok(all<HTMLInputElement>(card, "input[type=range]")[0]?.disabled);
  assert.ok(!/NaN|null|undefined|unavailable|unknown|5\.2 kW · /.test(textOf(card)));
  card.remove();
});

test("a charger without contact says so, and since when", async () => {
  const home = wholeHouse();
  const reason = home.states[entityOf(home, "garage", "reason")];
  const told = { severity: "fault", since: "2026-11-20T13:02:00Z", limit: 6 };
  if (reason) Object.assign(reason, { state: "charger_offline", attributes: told });
  const state = home.states[entityOf(home, "garage", "charger_state")];
  if (state) state.state = "fault";
  const card = await show("charger", home, { device: "garage" });
  const said = textOf(card).replaceAll("\u00a0", " ");
  assert.match(said, /No contact with the charger: since .*14:02, 6 A reserved\./);
  const [word] = all(card, ".state");
  assert.equal(word?.textContent.trim(), "No contact");
  assert.ok(!said.includes("sun"), said);
  card.remove();
});

test("of a meter that says nothing any more no last number is shown", async () => {
  for (const silence of ["stale", "lost"]) {
    const home = wholeHouse();
    for (const [key, state] of Object.entries({
      grid_data_state: silence,
      grid_power: "unknown",
      surplus: "unknown",
    })) {
      const of = home.states[entityOf(home, "house", key)];
      if (of) of.state = state;
    }
    const card = await show("site", home);
    const figures = all(card, "dd, .phase .num").map((one) => one.textContent.trim());
    assert.deepEqual(figures, ["–", "–", "–", "–", "–", "–"], silence);
    assert.equal(all(card, ".tight, .flow .bar > span").length, 0);
    const used = all(card, ".phase .bar > span").map((one) => one.style.width);
    assert.deepEqual(used, ["0%", "0%", "0%"]);
    card.remove();
    const charger = await show("charger", home, { device: "garage" });
    await opened(charger);
    const seen = all(charger, ".explained li").map((one) => one.textContent.trim());
    assert.equal(seen.length, 1);
    assert.match(seen[0] ?? "", /^Meter data: /);
    charger.remove();
  }
});

test("every card says what to do where it has nothing to show", async () => {
  const texts: Record<string, string> = {
    charger: "Add a charger",
    site: "Set up solar charging",
    circuits: "Show devices",
    health: "No device yet.",
  };
  for (const [name, text] of Object.entries(texts)) {
    const card = await show(name, house({}));
    assert.ok(textOf(card).includes(text), name);
    card.remove();
  }
});

test("a new card shows the first there is", () => {
  assert.equal(stub("charger", wholeHouse()).device, "garage");
  assert.equal(stub("site", wholeHouse()).site, "house");
  assert.equal(stub("charger", house({})).device, "");
});

test("a site's card tells where power goes and what the fuse has left", async () => {
  const card = await show("site", wholeHouse());
  const text = textOf(card).replaceAll("\u00a0", " ");
  for (const part of [
    "exports 1.7 kW",
    "Fuse 25 A",
    "11 A left",
    "2 A left, tight",
    "2 A over",
    "Today: 14.2 kWh charged · 88 % sun · CHF 1.70",
  ])
    assert.ok(text.includes(part), `${part}: ${text}`);
  assert.ok(!/[-−]\d/.test(text), "a minus sign");
  card.remove();
});

test("a card waits for a Home Assistant that is away, and is back with it", async () => {
  const home = wholeHouse();
  for (const name of ["charger", "site", "circuits", "sessions", "health"]) {
    home.connected = true;
    const card = await show(name, home, { device: "garage" });
    const before = textOf(card);
    assert.ok(!before.includes("Waiting for Home Assistant"), name);
    card.hass = { ...home, connected: false };
    await redrawn(card);
    assert.equal(textOf(card), "Waiting for Home Assistant…", name);
    // At first the page knows what it knew: nothing of that is shown as if it were new.
    card.hass = { ...home, connected: true };
    await redrawn(card);
    assert.ok(!/[1-9]\d* ?.?[WA]\b/.test(textOf(card)), textOf(card));
    const anew = Object.entries(home.states).map(([id, state]) => [id, { ...state }]);
    card.hass = { ...home, connected: true, states: Object.fromEntries(anew) };
    await redrawn(card);
    assert.equal(textOf(card), before, name);
    card.remove();
  }
});

test("a card writes numbers and money as its reader does", async () => {
  for (const [number_format, energy, money] of [
    ["quote_decimal", /14\.2.kWh/, /CHF.1[’']234\.50/],
    ["decimal_comma", /14,2.kWh/, /1\.234,50.CHF/],
  ] as const) {
    const home = wholeHouse();
    Object.assign(home.locale, { language: "de", number_format });
    const cost = home.states[entityOf(home, "house", "cost_today")];
    if (cost) cost.state = "1234.5";
    const card = await show("site", home);
    assert.match(textOf(card), energy);
    assert.match(textOf(card), money);
    card.remove();
  }
});

test("circuits fold, are searched and sorted", async () => {
  const card = await show("circuits", wholeHouse());
  const names = () => all(card, "tbody th").map((one) => one.textContent.trim());
  assert.deepEqual(names(), ["Circuit 9", "Circuit 10"]);
  const [search] = all<HTMLInputElement>(card, "input[type=search]");
  assert.ok(search);
  search.value = "circuit 10";
  search.dispatchEvent(new Event("input"));
  await card.updateComplete;
  assert.deepEqual(names(), ["Circuit 10"]);
  search.value = "";
  search.dispatchEvent(new Event("input"));
  await card.updateComplete;
  all(card, "[aria-expanded]")[0]?.click();
  await card.updateComplete;
  assert.deepEqual(names(), []);
  card.remove();
});

test("192 circuits stay below 2,500 nodes, and only what is shown is redrawn", async () => {
  const pages = Object.fromEntries(
    Array.from({ length: 192 }, (_, n) => [
      `circuit${n}`,
      { power: [String(n), { unit_of_measurement: "W" }] as [string, object] },
    ]),
  ) as Parameters<typeof house>[0];
  const devices = Object.keys(pages).map((id, n) => ({
    id,
    name: `Circuit ${n}`,
    parent_device_id: `module${n % 32}`,
  }));
  const modules = Array.from({ length: 32 }, (_, n) => ({
    id: `module${n}`,
    name: `Module ${n}`,
  }));
  const card = await show("circuits", house(pages, [...devices, ...modules]));
  // Folded at first: the largest five are above.
  assert.deepEqual(
    all(card, "tbody th").map((one) => one.textContent.trim()),
    [191, 190, 189, 188, 187].map((n) => `Circuit ${n}, Module ${n % 32}`),
  );
  for (const fold of all(card, "[aria-expanded=false]")) fold.click();
  await card.updateComplete;
  assert.equal(all(card, "tbody tr").length, 197);
  assert.ok(all(card, "*").length < 2500, String(all(card, "*").length));
  const touched = new Set<Element | null>();
  const watcher = new window.MutationObserver((changes) => {
    for (const { target } of changes)
      touched.add(
        (target instanceof HTMLElement ? target : target.parentElement)?.closest(
          "tr",
        ) ?? null,
      );
  });
  watcher.observe(card.renderRoot, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  });
  const home = card.hass as House;
  card.hass = changed(home, entityOf(home, "circuit40", "power"), "95");
  await redrawn(card);
  await new Promise((done) => setTimeout(done, 0));
  const rows = [...touched].filter((row) => row !== null);
  assert.deepEqual(
    rows.map((row) => row.querySelector("th")?.textContent.trim()),
    ["Circuit 40"],
  );
  card.remove();
});

test("sessions are asked for the month and summed without doubtful ones", async () => {
  const home = wholeHouse();
  const session = {
    start: "2026-11-21T18:20:00+01:00",
    duration: 112,
    charger: "Garage",
    tag: "Anna",
    energy: 12.4,
    sun_share: 80,
    cost: null,
    running: false,
    doubtful: false,
  };
  home.answers.get_sessions = {
    response: {
      sessions: [
        session,
        { ...session, energy: 3.1, sun_share: 20 },
        { ...session, energy: 1, sun_share: null },
        { ...session, energy: 400, doubtful: true },
      ],
    },
  };
  const card = await show("sessions", home);
  await redrawn(card);
  const [asked] = home.asked;
  assert.match(JSON.stringify(asked), /"from":"\d{4}-\d\d-01 00:00:00"/);
  const [foot] = all(card, "tfoot");
  assert.match(foot?.textContent ?? "", /16\.50/);
  // By energy: the longer session weighs more, one of which nobody knows nothing.
  assert.match(foot?.textContent ?? "", /68.%/);
  assert.ok(textOf(card).includes("doubtful"));
  card.remove();
});

test("health tells how each connection fares, worst first", async () => {
  const home = wholeHouse();
  const well = {
    entry_id: "1",
    status: "working",
    failures: 0,
    waiting: 0,
    since: null,
  };
  const since = new Date(Date.now() - 7_200_000).toISOString();
  const gateway = { ...well, name: "Board", path: "SNMP", device_id: "gateway" };
  home.answers["meters_and_chargers/health"] = {
    connections: [
      { ...well, name: "Meter", device_id: "meter", age: 1, answer: 0.0184 },
      { ...gateway, status: "slow", age: 9, answer: 1.94, failures: 3, left_alone: 28 },
      {
        ...well,
        name: "Garage",
        device_id: null,
        status: "no_contact",
        failures: 41,
        age: 7200,
        since,
        waiting: 2,
      },
    ],
    sites: { house: 14 },
  };
  const house = home.devices.house;
  if (house) house.primary_config_entry = "house";
  const card = await show("health", home);
  const told = () =>
    all(card, "tbody tr").map((row) =>
      [...row.children]
        .map((cell) => cell.textContent.replace(/\s+/g, " ").trim())
        .join(" | "),
    );
  for (let n = 0; n < 20 && told().length === 0; n++)
    await new Promise((done) => setTimeout(done, 5));
  const [first, second, third] = told();
  assert.match(
    first ?? "",
    /^Garage \| No contact since .* · 2 waiting What to do \| – \| – \| 41$/,
  );
  assert.match(
    second ?? "",
    /^gateway · SNMP \| slow left alone for 28.s \| 9.s \| 1.9.s \| 3$/,
  );
  assert.match(third ?? "", /^meter \| working \| live \| 18.ms \| 0$/);
  assert.ok(textOf(card).includes("Overloads: 1, worst 3"));
  assert.match(textOf(card), /Meter data: \w+ · 14.s/);
  card.remove();
});
