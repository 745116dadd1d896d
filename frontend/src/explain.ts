/** What a charger's site sees, and what its owner can do about a reason. */

import { html, nothing, type TemplateResult } from "lit";
import type { Controls } from "./controls.ts";
import { DOMAIN, type Found, isSilent, sites, stateOf } from "./find.ts";
import * as format from "./format.ts";
import { type Hass, isKnown, navigate, numberOf, openMoreInfo, watts } from "./hass.ts";
import { say, type Texts } from "./texts.ts";

export const BOOST_MIN = 30;
type Help = "min_solar" | "boost" | "allow" | "devices";

/** Never a button that lifts the fuse. */
const HELP: Record<string, Help[]> = {
  surplus_low: ["min_solar", "boost"],
  no_surplus: ["min_solar", "boost"],
  stop_delay: ["min_solar", "boost"],
  battery_first: ["min_solar", "boost"],
  price_high: ["boost"],
  plan_later: ["boost"],
  disabled: ["allow"],
  ageing: ["devices"],
  meter_stale: ["devices"],
  meter_lost: ["devices"],
  meter_slow: ["devices"],
  not_following: ["devices"],
  charger_offline: ["devices"],
  fault: ["devices"],
};

/** Send a boost of a charger, 0 minutes to end it. */
export const boost = (hass: Hass, entity_id: string, minutes: number) =>
  hass.callService(DOMAIN, "boost", { minutes }, { entity_id }, false);

/** The minutes of a usual boost, as they are written. */
export const minutes = (hass: Hass, texts: Texts, value = BOOST_MIN): string =>
  (texts.units.min ?? "").replace("{value}", format.number(hass, value));

/** The panel below a reason: what the site sees, and buttons. */
export const explain = (
  from: HTMLElement,
  controls: Controls,
  hass: Hass,
  texts: Texts,
  charger: Found,
): TemplateResult => {
  const text = (key: string, values?: Record<string, string>) =>
    say(texts, key, values);
  const known = sites(hass);
  const site = known.length === 1 ? known[0] : undefined;
  const rows = site === undefined ? [] : seen(hass, text, site);
  const entity = charger.entities.charge_mode?.[0] ?? "";
  const mode = hass.states[entity];
  const allowed = charger.entities.enabled?.[0] ?? "";
  const buttons: Record<Help, () => TemplateResult | typeof nothing> = {
    min_solar: () =>
      mode === undefined || mode.state === "min_solar"
        ? nothing
        : button(hass.formatEntityState(mode, "min_solar"), entity, () =>
            hass.callService(
              "select",
              "select_option",
              { option: "min_solar" },
              { entity_id: entity },
              false,
            ),
          ),
    boost: () =>
      button(text("boost", { left: minutes(hass, texts) }), entity, () =>
        boost(hass, entity, BOOST_MIN),
      ),
    allow: () =>
      button(text("allow_charging"), allowed, () =>
        hass.callService("switch", "turn_on", {}, { entity_id: allowed }, false),
      ),
    devices: () => html`<button
      @click=${() => navigate(`/config/integrations/integration/${DOMAIN}`)}
    >${text("diagnostics")}</button>`,
  };
  const button = (name: string, of: string, call: () => Promise<unknown>) =>
    html`<button @click=${() => controls.send({ entity: of, call })}>${name}</button>`;
  const help = HELP[stateOf(hass, charger, "reason")?.state ?? ""] ?? [];
  return html`<div class="explained">
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
      help.length > 0
        ? html`<h3>${text("what_you_can_do")}</h3>
            <div class="row">${help.map((name) => buttons[name]())}</div>`
        : nothing
    }
  </div>`;
};

type Say = (key: string, values?: Record<string, string>) => string;

/** The site's figures that a decision is made of, each with its entity. */
const seen = (hass: Hass, text: Say, site: Found): [string, string][] => {
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
  if (isKnown(data))
    rows.push([
      text("meter_data", { state: hass.formatEntityState(data) }),
      data.entity_id,
    ]);
  return rows;
};
