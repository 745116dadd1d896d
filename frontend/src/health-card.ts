/** Whether everything works: the sites' guard, and every device's connection. */

import { type CSSResultGroup, css, html, nothing, type TemplateResult } from "lit";
import { Card } from "./card.ts";
import { DOMAIN, type Found, nameOf, sites, stateOf } from "./find.ts";
import * as format from "./format.ts";
import { type Hass, isKnown, navigate, numberOf } from "./hass.ts";
import { duration, moment } from "./reason.ts";
import type { Texts } from "./texts.ts";

/** A connection as the integration tells of it; s. */
interface Connection {
  entry_id: string;
  device_id: string | null;
  name: string;
  path?: string;
  status: string;
  age?: number | null;
  answer?: number | null;
  failures?: number;
  waiting?: number;
  since?: string | null;
  left_alone?: number | null;
}

interface Told {
  connections: Connection[];
  /** How old the value of each site's meter is, by the site's entry. */
  sites: Record<string, number | null>;
}

const PAGE = `/config/integrations/integration/${DOMAIN}`;
const ASK_MS = 10_000;
const LIVE_S = 5;
/** The worst first. */
const ORDER = [
  "no_contact",
  "wrong_device",
  "refused",
  "waiting_for_acceptance",
  "off",
  "late",
  "slow",
  "working",
];

export class HealthCard extends Card {
  #told: Told | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  protected override watched(hass: Hass): Iterable<string> {
    return sites(hass).flatMap((site) => Object.values(site.entities).flat());
  }

  override updated(): void {
    super.updated();
    if (this.#later !== undefined || document.hidden || !this.isConnected) return;
    if (this.hass === undefined) return;
    this.#later = setTimeout(
      () => {
        this.#later = undefined;
        if (!document.hidden && this.isConnected) void this.#ask();
      },
      this.#told === undefined ? 0 : ASK_MS,
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#later);
    this.#later = undefined;
  }

  async #ask(): Promise<void> {
    try {
      this.#told = await this.hass?.callWS<Told>({ type: `${DOMAIN}/health` });
    } catch {
      // Asked again; a server that restarts comes back.
      this.#told = { connections: [], sites: {} };
    }
    this.requestUpdate();
  }

  protected override show(hass: Hass, texts: Texts): TemplateResult {
    const rows = this.#told?.connections.toSorted(
      (one, other) =>
        ORDER.indexOf(one.status) - ORDER.indexOf(other.status) ||
        one.name.localeCompare(other.name, hass.language),
    );
    const shown = sites(hass).filter(
      (site) => !this.config.site || site.device === this.config.site,
    );
    return html`<ha-card>
      <section aria-labelledby="title">
        <h2 id="title">${this.config.name || this.say("health")}</h2>
        ${shown.map((site) => this.#site(hass, texts, site))}
        ${
          rows === undefined
            ? html`<div class="blank" aria-busy="true"></div>`
            : rows.length > 0
              ? this.#table(hass, texts, rows)
              : html`<p>${this.say("no_devices")}</p>`
        }
        <div class="row">
          <button @click=${() => navigate(PAGE)}>${this.say("diagnostics")}</button>
        </div>
      </section>
    </ha-card>`;
  }

  #site(hass: Hass, texts: Texts, site: Found): TemplateResult {
    const entry = hass.devices[site.device]?.primary_config_entry ?? "";
    const age = this.#told?.sites[entry];
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
      }${typeof age === "number" ? ` · ${this.#age(texts, age)}` : ""}.
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

  #age(texts: Texts, age: number): string {
    return age < LIVE_S ? this.say("live") : duration(texts, age);
  }

  #table(hass: Hass, texts: Texts, rows: Connection[]): TemplateResult {
    const columns = ["connection", "status", "data_age", "answer_time", "errors"];
    return html`<table>
      <thead><tr>
        ${columns.map((key, n) => html`<th scope="col" class=${n > 1 ? "end" : ""}>${this.say(key)}</th>`)}
      </tr></thead>
      <tbody>${rows.map((row) => this.#row(hass, texts, row))}</tbody>
    </table>`;
  }

  #row(hass: Hass, texts: Texts, row: Connection): TemplateResult {
    const { status, age, answer, failures, waiting, since } = row;
    const well = status === "working";
    const device = row.device_id ? hass.devices[row.device_id] : undefined;
    const name = [nameOf(device) || row.name, row.path].filter(Boolean).join(" · ");
    const page = device ? `/config/devices/device/${device.id}` : PAGE;
    const more = [
      since
        ? this.say("since", { time: moment(hass, texts, new Date(since), new Date()) })
        : "",
      row.left_alone
        ? this.say("left_alone", { time: duration(texts, row.left_alone) })
        : "",
      waiting ? this.say("queue", { count: waiting }) : "",
    ].filter(Boolean);
    const figures = {
      data_age:
        typeof age === "number" && status !== "no_contact"
          ? this.#age(texts, age)
          : "–",
      answer_time: typeof answer === "number" ? this.#took(hass, answer) : "–",
      errors: failures === undefined ? "–" : format.number(hass, failures),
    };
    return html`<tr>
      <th scope="row"><button class="text" @click=${() => navigate(page)}>${name}</button></th>
      <td><span class="status ${well ? "" : "bad"}">
        <ha-icon aria-hidden="true" icon=${well ? "mdi:check-circle-outline" : "mdi:alert-circle-outline"}></ha-icon>
        ${this.say(status)}</span>
        ${more.length > 0 ? html`<div class="secondary">${more.join(" · ")}</div>` : nothing}
        ${
          ORDER.indexOf(status) < ORDER.indexOf("late")
            ? html`<button class="link" @click=${() => navigate(`${PAGE}#config_entry=${row.entry_id}`)}>${this.say("what_to_do")}</button>`
            : nothing
        }</td>
      ${Object.entries(figures).map(([key, said]) => html`<td class="end" data-name=${this.say(key)}>${said}</td>`)}
    </tr>`;
  }

  /** Thousandths below a second. */
  #took(hass: Hass, seconds: number): string {
    return seconds < 1
      ? `${format.number(hass, 1000 * seconds)}\u00a0ms`
      : `${format.number(hass, seconds, 1)}\u00a0s`;
  }

  static override styles: CSSResultGroup = [
    Card.styles,
    css`
      section { display: flex; flex-direction: column; gap: 16px; }
      tbody th { color: var(--primary-text-color); overflow-wrap: anywhere; }
      section { container-type: inline-size; }
      .status { display: inline-flex; gap: 4px; align-items: center; }
      .bad { font-weight: 700; }
      button.link { padding-inline-start: 0; }
      td:last-child { padding-inline-end: 0; }
      @container (max-width: 480px) {
        thead { position: absolute; display: block; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        tbody tr { display: grid; grid-template-columns: repeat(3, 1fr); padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
        tbody th, tbody td, tbody .end { padding: 2px 0; text-align: start; }
        tbody th, tbody td:nth-of-type(1) { grid-column: 1 / -1; }
        td[data-name]::before { content: attr(data-name); display: block; color: var(--secondary-text-color); font-size: var(--ha-font-size-s, 12px); }
      }
    `,
  ];
}
