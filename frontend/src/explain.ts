/**
 * What a charger's site sees, what the charger waits for, and what its owner can do about
 * it; fetched when a reason is first opened.
 */

import type { TemplateResult } from "lit";
import {
  ageOf,
  BOOST_MIN,
  boost,
  choose,
  DOMAIN,
  figuresOf,
  filled,
  format,
  html,
  isKnown,
  isSilent,
  minutes,
  navigate,
  nothing,
  numberOf,
  openMoreInfo,
  say,
  sites,
  stateOf,
  watts,
} from "./cards.js";
import type { Controls } from "./controls.ts";
import type { Found } from "./find.ts";
import type { Hass, State } from "./hass.ts";
import type { Texts } from "./texts.ts";

type Mode = "solar" | "min_solar" | "fast";
type Help = Mode | "boost" | "allow" | "release" | "fuse" | "devices";
type Way = readonly [waits: string, ...help: Help[]];

const SUN: Way = ["surplus", "min_solar", "boost"];
const METER: Way = ["meter", "devices"];
const TIME: Way = ["time"];
const CAR: Way = ["car"];

/** What each reason waits for, if for anything; never a button that lifts the fuse. */
const WAYS: Record<string, Way> = {
  off: ["mode", "solar", "fast"],
  surplus_low: SUN,
  no_surplus: SUN,
  start_delay: ["sun_stays"],
  stop_delay: ["sun_back", "min_solar", "boost"],
  battery_first: ["battery", "min_solar", "boost"],
  priority: ["turn"],
  price_high: ["price", "boost"],
  plan_later: ["plan", "boost"],
  fuse_full: ["room", "fuse"],
  fuse_resume: ["room_kept", "fuse"],
  fuse_pause: ["", "fuse"],
  fuse: ["", "fuse"],
  power_cap: ["", "fuse"],
  min_off: TIME,
  starts_limit: TIME,
  cool_down: TIME,
  phase_wait: TIME,
  recovering: TIME,
  starting: CAR,
  car_not_taking: CAR,
  no_vehicle: CAR,
  disabled: ["leave", "allow"],
  auth_pending: ["card", "release"],
  grid_off: ["operator"],
  backend_pause: ["service"],
  warm_up: METER,
  ageing: METER,
  meter_stale: METER,
  meter_lost: METER,
  meter_slow: ["", "devices"],
  charger_offline: ["answer", "devices"],
  not_following: ["", "devices"],
  fault: ["", "devices"],
};

/** The panel below a reason. */
export const explain = (
  from: HTMLElement,
  controls: Controls,
  hass: Hass,
  texts: Texts,
  charger: Found,
  now: Date,
): TemplateResult => {
  const text = (key: string, values?: Record<string, string>) =>
    say(texts, key, values);
  const known = sites(hass);
  const site = known.length === 1 ? known[0] : undefined;
  const rows = site === undefined ? [] : seen(hass, texts, site, now);
  const reason = stateOf(hass, charger, "reason");
  const [waits, ...help] = WAYS[reason?.state ?? ""] ?? [""];
  const waited =
    waits && reason ? waitsFor(hass, texts, reason, waits, now) : undefined;
  const buttons = help
    .map((name) => HELP[name]({ controls, hass, texts, charger, site }))
    .filter((button) => button !== nothing);
  return html`<style>${STYLE}</style><div class="explained">
    ${
      rows.length > 0
        ? html`<h3>${text("what_i_see")}</h3>
            <ul>${rows.map(
              ([said, of]) =>
                html`<li><button class="text num" @click=${() => openMoreInfo(from, of)}>${said}</button></li>`,
            )}</ul>`
        : nothing
    }
    ${
      waited
        ? html`<h3>${text("what_i_wait_for")}</h3>
            <p class="num waits">${waited}</p>`
        : nothing
    }
    ${
      buttons.length > 0
        ? html`<h3>${text("what_you_can_do")}</h3>
            <div class="row">${buttons}</div>`
        : nothing
    }
  </div>`;
};

/** Say what must come, beside what there is now. */
const waitsFor = (
  hass: Hass,
  texts: Texts,
  reason: State,
  waits: string,
  now: Date,
): string =>
  filled(texts.cards[`waits_${waits}`] ?? "", figuresOf(hass, texts, reason, now));

interface Case {
  controls: Controls;
  hass: Hass;
  texts: Texts;
  charger: Found;
  site: Found | undefined;
}
type Button = (of: Case) => TemplateResult | typeof nothing;

/** A button that sends something to an entity of the charger, where it has that. */
const sends =
  (
    key: string,
    name: (of: Case, state: State) => string | undefined,
    call: (hass: Hass, entity: string) => Promise<unknown>,
  ): Button =>
  (of) => {
    const state = stateOf(of.hass, of.charger, key);
    const named = state && name(of, state);
    if (state === undefined || named === undefined) return nothing;
    const entity = state.entity_id;
    return html`<button
      @click=${() => of.controls.send({ entity, call: () => call(of.hass, entity) })}
    >${named}</button>`;
  };
const switchOn = (hass: Hass, entity_id: string) =>
  hass.callService("switch", "turn_on", {}, { entity_id }, false);
const mode = (option: Mode): Button =>
  sends(
    "charge_mode",
    ({ hass }, state) =>
      state.state !== option && (state.attributes.options as string[]).includes(option)
        ? hass.formatEntityState(state, option)
        : undefined,
    (hass, entity) => choose(hass, entity, option),
  );
const leads = (path: string, name: string) =>
  html`<button @click=${() => navigate(path)}>${name}</button>`;

const HELP: Record<Help, Button> = {
  solar: mode("solar"),
  min_solar: mode("min_solar"),
  fast: mode("fast"),
  boost: sends(
    "charge_mode",
    ({ hass, texts }) => say(texts, "boost", { left: minutes(hass, texts) }),
    (hass, entity) => boost(hass, entity, BOOST_MIN),
  ),
  allow: sends("enabled", ({ texts }) => say(texts, "allow_charging"), switchOn),
  release: sends("charging", ({ texts }) => say(texts, "release"), switchOn),
  fuse: ({ site }) =>
    site === undefined
      ? nothing
      : leads(`/config/devices/device/${site.device}`, site.name),
  devices: ({ texts }) =>
    leads(`/config/integrations/integration/${DOMAIN}`, say(texts, "diagnostics")),
};

/** The site's figures that a decision is made of, each with its entity. */
const seen = (hass: Hass, texts: Texts, site: Found, now: Date): [string, string][] => {
  const text = (key: string, values?: Record<string, string>) =>
    say(texts, key, values);
  const rows: [string, string][] = [];
  const silent = isSilent(hass, site);
  const grid = stateOf(hass, site, "grid_power");
  const flow = watts(grid);
  if (grid && flow !== undefined)
    rows.push([
      `${text("grid")}: ${text(flow > 0 ? "imports" : "exports")} ${format.power(hass, Math.abs(flow))}`,
      grid.entity_id,
    ]);
  const surplus = stateOf(hass, site, "surplus");
  const over = watts(surplus);
  if (surplus && over !== undefined)
    rows.push([
      text("surplus", { power: format.power(hass, over) }),
      surplus.entity_id,
    ]);
  for (const [n, key] of ["headroom_l1", "headroom_l2", "headroom_l3"].entries()) {
    const state = stateOf(hass, site, key);
    const free = silent ? undefined : numberOf(state);
    if (state && free !== undefined)
      rows.push([
        `L${n + 1}: ${text(free < 0 ? "over" : "left", { current: format.current(hass, Math.abs(free)) })}`,
        state.entity_id,
      ]);
  }
  const data = stateOf(hass, site, "grid_data_state");
  if (isKnown(data)) {
    const said = text("meter_data", { state: hass.formatEntityState(data) });
    const age = ageOf(texts, data, now);
    rows.push([age === undefined ? said : `${said} · ${age}`, data.entity_id]);
  }
  return rows;
};

const STYLE = `
  .explained { border-inline-start: 2px solid var(--divider-color); padding-inline-start: 12px; display: flex; flex-direction: column; gap: 6px; }
  .explained ul { margin: 0; padding: 0; list-style: none; }
`;
