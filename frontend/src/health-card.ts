/** Whether everything works: the sites' guard, and every device's connection. */

import { type CSSResultGroup, css, html, nothing, type TemplateResult } from "lit";
import { Card } from "./card.ts";
import {
  DOMAIN,
  type Entities,
  type Found,
  nameOf,
  pages,
  sites,
  stateOf,
} from "./find.ts";
import * as format from "./format.ts";
import {
  type Device,
  type Hass,
  isAway,
  isKnown,
  navigate,
  numberOf,
  type State,
} from "./hass.ts";
import { moment } from "./reason.ts";
import type { Texts } from "./texts.ts";

interface Row {
  device: Device;
  away: boolean;
  /** When it went, or when it last had another value. */
  at: Date | undefined;
}

/** What tells nothing of a device: it is there although the device is not. */
const OURS = new Set([
  "charge_mode",
  "charger_state",
  "reason",
  "next_change",
  "boost",
  "site_activity",
  "min_current",
  "max_current",
  "priority",
  "target_energy",
  "enabled",
  "phases",
  "starts_today",
  "phase_changes_today",
  "writes_today",
  "wished_current",
  "allocated_current",
  "limit_l1",
  "limit_l2",
  "limit_l3",
]);

const latest = (states: State[], of: "last_changed" | "last_updated") =>
  states.length === 0
    ? undefined
    : new Date(Math.max(...states.map((state) => Date.parse(state[of]))));

/** A wallbox stays known to its site when it is away; its own entities are not. */
const rowOf = (hass: Hass, device: Device, entities: Entities): Row | undefined => {
  const states = Object.entries(entities)
    .filter(([key]) => !OURS.has(key))
    .flatMap(([, of]) => of.map((entity) => hass.states[entity]))
    .filter((state) => state !== undefined);
  if (states.length === 0) return undefined;
  const away = states.every(isAway);
  return {
    device,
    away,
    at: away
      ? latest(states, "last_changed")
      : latest(states.filter(isKnown), "last_updated"),
  };
};

/** Our devices that are connected to, those without contact first. */
export const connections = (hass: Hass): Row[] => {
  const rows = [...pages(hass)].flatMap(([id, entities]) => {
    const device = hass.devices[id];
    if (device === undefined || device.parent_device_id || "surplus" in entities)
      return [];
    if (device.entry_type === "service") return [];
    return rowOf(hass, device, entities) ?? [];
  });
  return rows.sort(
    (one, other) =>
      Number(other.away) - Number(one.away) ||
      nameOf(one.device).localeCompare(nameOf(other.device), hass.language),
  );
};

export class HealthCard extends Card {
  protected override watched(hass: Hass): Iterable<string> {
    return [...pages(hass)].flatMap(([device, entities]) =>
      hass.devices[device]?.parent_device_id ? [] : Object.values(entities).flat(),
    );
  }

  protected override show(hass: Hass, texts: Texts): TemplateResult {
    const rows = connections(hass);
    const shown = sites(hass).filter(
      (site) => !this.config.site || site.device === this.config.site,
    );
    return html`<ha-card>
      <section aria-labelledby="title">
        <h2 id="title">${this.config.name || this.say("health")}</h2>
        ${shown.map((site) => this.#site(hass, site))}
        ${rows.length > 0 ? this.#table(hass, texts, rows) : html`<p>${this.say("no_devices")}</p>`}
        <div class="row">
          <button @click=${() => navigate(`/config/integrations/integration/${DOMAIN}`)}>
            ${this.say("diagnostics")}
          </button>
        </div>
      </section>
    </ha-card>`;
  }

  #site(hass: Hass, site: Found): TemplateResult {
    const state = stateOf(hass, site, "grid_data_state");
    const rating = stateOf(hass, site, "headroom_l1")?.attributes.rating;
    const overloads = stateOf(hass, site, "overload_count");
    const count = numberOf(overloads);
    const worst = Number(overloads?.attributes.worst ?? 0);
    const observes = stateOf(hass, site, "observe")?.state === "on";
    const guard = observes
      ? this.say("observing")
      : this.say("guarding", { current: format.current(hass, Number(rating ?? 0)) });
    return html`<div>
      <h3>${site.name}</h3>
      <p class="num">${guard} ${
        isKnown(state)
          ? this.say("meter_data", { state: hass.formatEntityState(state) })
          : this.say("no_meter_data")
      }.
      ${
        count === undefined
          ? nothing
          : count === 0
            ? this.say("no_overload")
            : this.say("overloads", {
                count: format.number(hass, count),
                current: format.current(hass, worst),
              })
      }</p>
    </div>`;
  }

  #table(hass: Hass, texts: Texts, rows: Row[]): TemplateResult {
    const now = new Date();
    return html`<table>
      <thead><tr>
        <th scope="col">${this.say("connection")}</th>
        <th scope="col">${this.say("status")}</th>
        <th scope="col" class="end">${this.say("newest")}</th>
      </tr></thead>
      <tbody>${rows.map(({ device, away, at }) => {
        const time = at === undefined ? "–" : moment(hass, texts, at, now);
        return html`<tr>
          <th scope="row"><button class="text" @click=${() => navigate(`/config/devices/device/${device.id}`)}>${nameOf(device)}</button></th>
          <td><span class="status ${away ? "away" : ""}">
            <ha-icon aria-hidden="true" icon=${away ? "mdi:lan-disconnect" : "mdi:check-circle-outline"}></ha-icon>
            ${this.say(away ? "no_contact" : "working")}</span></td>
          <td class="end">${away ? this.say("since", { time }) : time}</td>
        </tr>`;
      })}</tbody>
    </table>`;
  }

  static override styles: CSSResultGroup = [
    Card.styles,
    css`
      section { display: flex; flex-direction: column; gap: 16px; }
      tbody th { color: var(--primary-text-color); overflow-wrap: anywhere; }
      .status { display: inline-flex; gap: 4px; align-items: center; }
      .away { font-weight: 700; }
    `,
  ];
}
