/** The circuits of gateways: modules that fold, their circuits with what they draw. */

import { type CSSResultGroup, css, html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { Card } from "./card.ts";
import {
  type Circuit,
  DOMAIN,
  type Module,
  modules,
  stateOf,
  statesOf,
} from "./find.ts";
import * as format from "./format.ts";
import {
  type Hass,
  isAway,
  isKnown,
  navigate,
  numberOf,
  openMoreInfo,
  watts,
} from "./hass.ts";
import type { Texts } from "./texts.ts";

const FOLDED_FROM = 24;
const LARGEST = 5;
const SORTS = ["position", "power", "name"];
const COLUMNS = ["power", "current", "energy_today"];

export const powerOf = (hass: Hass, circuit: Circuit): number | undefined =>
  watts(stateOf(hass, circuit, "power"));

const currentOf = (hass: Hass, circuit: Circuit): number | undefined => {
  const known = statesOf(hass, circuit, "current_phase")
    .map(numberOf)
    .filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known.map(Math.abs)) : undefined;
};

const statesIn = (hass: Hass, circuits: Circuit[]) =>
  circuits.flatMap(({ shown }) => shown.map((entity) => hass.states[entity]));

const total = (hass: Hass, circuits: Circuit[]): number =>
  circuits.reduce((sum, circuit) => sum + (powerOf(hass, circuit) ?? 0), 0);

export class CircuitsCard extends Card {
  #search = "";
  #sort: string | undefined;
  #folded = new Map<string, boolean>();
  #known:
    | { entities: unknown; devices: unknown; gateway: unknown; found: Module[] }
    | undefined;

  /** The modules; looked for anew only when a registry has changed. */
  #modules(hass: Hass): Module[] {
    const { entities, devices } = hass;
    const gateway = this.config.device;
    const known = this.#known;
    if (
      known?.entities === entities &&
      known.devices === devices &&
      known.gateway === gateway
    )
      return known.found;
    const found = modules(hass, gateway as string | undefined);
    this.#known = { entities, devices, gateway, found };
    return found;
  }

  protected override watched(hass: Hass): Iterable<string> {
    return this.#modules(hass).flatMap((module) =>
      module.circuits.flatMap((circuit) => circuit.shown),
    );
  }

  protected override show(hass: Hass, _texts: Texts): TemplateResult {
    const all = this.#modules(hass);
    const circuits = all.flatMap((module) => module.circuits);
    if (circuits.length === 0)
      return html`<ha-card>
        <p>${this.say("no_circuits")}</p>
        <button @click=${() => navigate(`/config/integrations/integration/${DOMAIN}`)}>
          ${this.say("show_devices")}
        </button>
      </ha-card>`;
    const wanted = this.#search.toLocaleLowerCase(hass.language);
    const fits = (circuit: Circuit, module: Module) =>
      wanted === "" ||
      `${circuit.name} ${module.name}`
        .toLocaleLowerCase(hass.language)
        .includes(wanted);
    const most = Math.max(
      ...circuits.map((one) => Math.abs(powerOf(hass, one) ?? 0)),
      1,
    );
    // Rows know nothing of each other: one that is another moves no other bar's text.
    const scale = `--most: ${Number(most.toPrecision(2))}`;
    const sort = this.#sort ?? String(this.config.sort ?? "position");
    const many = circuits.length > FOLDED_FROM;
    return html`<ha-card>
      <section aria-labelledby="title" style=${scale}>
        <h2 id="title">${this.config.name || this.say("circuits")}</h2>
        <div class="row tools">
          <label>${this.say("search")}
            <input type="search" .value=${this.#search} @input=${this.#searched} /></label>
          <label>${this.say("sort")}
            <select @change=${this.#sorted}>
              ${SORTS.map((one) => html`<option value=${one} ?selected=${one === sort}>${this.say(`sort_${one}`)}</option>`)}
            </select></label>
          <span class="num">${this.say("in_total", { power: format.power(hass, total(hass, circuits)) })}</span>
        </div>
        ${many && !wanted ? this.#largest(hass, all) : nothing}
        ${repeat(
          all,
          (module) => module.device,
          (module) => {
            const folded = wanted === "" && (this.#folded.get(module.device) ?? many);
            const made = [module, folded, wanted, sort, this.config, hass.locale];
            // A module is looked at only when something in it is another.
            return guard(
              [...made, this.texts, ...statesIn(hass, module.circuits)],
              () => {
                const shown = module.circuits.filter((one) => fits(one, module));
                if (shown.length === 0) return nothing;
                const ordered = this.#ordered(hass, shown, sort);
                return this.#module(hass, module, ordered, folded);
              },
            );
          },
        )}
      </section>
    </ha-card>`;
  }

  #searched = (event: Event): void => {
    this.#search = (event.target as HTMLInputElement).value.trim();
    this.requestUpdate();
  };

  #sorted = (event: Event): void => {
    this.#sort = (event.target as HTMLSelectElement).value;
    this.requestUpdate();
  };

  #ordered(hass: Hass, circuits: Circuit[], sort: string): Circuit[] {
    if (sort === "power")
      return [...circuits].sort(
        (one, other) => (powerOf(hass, other) ?? 0) - (powerOf(hass, one) ?? 0),
      );
    if (sort === "name")
      return [...circuits].sort((one, other) =>
        one.name.localeCompare(other.name, hass.language),
      );
    return circuits;
  }

  /** The largest of all; which module each is of can't be seen from where it stands. */
  #largest(hass: Hass, all: Module[]): TemplateResult {
    const names = new Map(all.map((module) => [module.device, module.name]));
    const circuits = all.flatMap((module) => module.circuits);
    const first = this.#ordered(hass, circuits, "power")
      .slice(0, LARGEST)
      .map((one) => ({ ...one, name: `${one.name}, ${names.get(one.module)}` }));
    return html`<h3>${this.say("largest")}</h3>
      ${this.#table(hass, first, this.say("largest"))}`;
  }

  #module(
    hass: Hass,
    module: Module,
    circuits: Circuit[],
    folded: boolean,
  ): TemplateResult {
    const fold = () => {
      this.#folded.set(module.device, !folded);
      this.requestUpdate();
    };
    return html`<div class="module">
      <h3>
        <button class="fold" aria-expanded=${!folded} @click=${fold}>
          <ha-icon aria-hidden="true" icon=${folded ? "mdi:chevron-right" : "mdi:chevron-down"}></ha-icon>
          <span>${this.say("module", { name: module.name, count: module.circuits.length })}</span>
          <span class="num">${format.power(hass, total(hass, module.circuits))}</span>
        </button>
      </h3>
      ${folded ? nothing : this.#table(hass, circuits, module.name)}
    </div>`;
  }

  #table(hass: Hass, circuits: Circuit[], caption: string): TemplateResult {
    const columns = (this.config.columns as string[] | undefined) ?? COLUMNS;
    const currents =
      columns.includes("current") &&
      circuits.some((one) => "current_phase" in one.entities);
    return html`<table>
      <caption class="hidden">${caption}</caption>
      <thead class="hidden"><tr>
        <th scope="col">${this.say("circuit")}</th>
        <th scope="col">${this.say("share")}</th>
        <th scope="col">${this.say("power")}</th>
        ${currents ? html`<th scope="col">${this.say("current")}</th>` : nothing}
      </tr></thead>
      <tbody>
        ${repeat(
          circuits,
          (circuit) => circuit.device,
          (circuit) =>
            // A row is made anew only when something in it is another.
            guard(
              [
                circuit.entities,
                circuit.name,
                ...statesIn(hass, [circuit]),
                currents,
                hass.locale,
                this.texts,
              ],
              () => this.#row(hass, circuit, currents),
            ),
        )}
      </tbody>
    </table>`;
  }

  #row(hass: Hass, circuit: Circuit, currents: boolean): TemplateResult {
    const state = stateOf(hass, circuit, "power");
    const value = powerOf(hass, circuit);
    const current = currents ? currentOf(hass, circuit) : undefined;
    const missing = this.say(isAway(state) ? "no_contact" : "not_yet");
    const said =
      value === undefined
        ? `– ${missing}`
        : `${value < 0 ? `${this.say("feeds_in")} ` : ""}${format.power(hass, Math.abs(value))}`;
    return html`<tr>
      <th scope="row">
        <button class="text" @click=${() => state && openMoreInfo(this, state.entity_id)}>${circuit.name}</button>
      </th>
      <td class="share">
        <span class="bar" aria-hidden="true"><span style="--own: ${Math.abs(value ?? 0)}"></span></span>
      </td>
      <td class="end ${isKnown(state) ? "" : "secondary"}">${said}</td>
      ${currents ? html`<td class="end">${current === undefined ? "–" : format.current(hass, current)}</td>` : nothing}
    </tr>`;
  }

  static override styles: CSSResultGroup = [
    Card.styles,
    css`
      section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 12px; }
      .tools { gap: 16px; align-items: flex-end; }
      .tools label { display: flex; flex-direction: column; gap: 4px; color: var(--secondary-text-color); }
      .tools input, .tools select { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: var(--card-background-color); color: var(--primary-text-color); padding: 0 8px; max-width: 100%; }
      .module { content-visibility: auto; contain-intrinsic-size: auto 200px; }
      .fold { display: flex; width: 100%; border: 0; gap: 8px; align-items: center; padding: 4px 0; text-align: start; font-weight: 500; }
      .fold span:nth-of-type(1) { flex: 1; overflow-wrap: anywhere; }
      th[scope="row"] { width: 40%; color: var(--primary-text-color); overflow-wrap: anywhere; }
      .share { width: 30%; }
      .share .bar { margin-top: 7px; min-width: 40px; }
      .share .bar > span { background: var(--primary-color); height: 100%; width: calc(100% * var(--own) / var(--most)); }
      td:last-child { padding-inline-end: 0; }
      @container (max-width: 480px) {
        tbody tr { display: grid; grid-template-columns: 1fr auto auto; padding: 6px 0; }
        tbody td, tbody th[scope="row"] { padding: 2px 0 2px 8px; width: auto; }
        tbody th[scope="row"] { padding-inline-start: 0; }
        tbody .share { grid-row: 2; grid-column: 1 / -1; padding: 2px 0; width: auto; }
        .share .bar { margin: 0; height: 6px; }
      }
      section { container-type: inline-size; }
    `,
  ];
}
