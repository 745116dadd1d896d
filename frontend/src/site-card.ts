/** The card of a site: where power comes from, where it goes, what the fuse has left. */

import { type CSSResultGroup, css, html, nothing, type TemplateResult } from "lit";
import { Card } from "./card.ts";
import { DOMAIN, type Found, isSilent, sites, stateOf } from "./find.ts";
import { type Flows, flowsOf, type Share, sunEntities } from "./flows.ts";
import * as format from "./format.ts";
import { type Hass, isKnown, navigate, numberOf, openMoreInfo } from "./hass.ts";
import { ageOf } from "./reason.ts";
import type { Texts } from "./texts.ts";

/** What is shown unless the owner says otherwise. */
export const SHOWN = ["flow", "phases", "surplus", "today"];
const TIGHT_A = 3;
const BALANCED_W = 30;
const PHASES = ["l1", "l2", "l3"];
const LATE = ["aging", "stale", "lost"];

/** The site that a card names, else the first. */
export const siteOfCard = (hass: Hass, site: unknown): Found | undefined => {
  const known = sites(hass);
  return site === undefined ? known[0] : known.find((one) => one.device === site);
};

export class SiteCard extends Card {
  #suns: string[] = [];
  #asked = false;

  protected override watched(hass: Hass): Iterable<string> {
    const site = siteOfCard(hass, this.config.site);
    return [...Object.values(site?.entities ?? {}).flat(), ...this.#suns];
  }

  async #ask(hass: Hass): Promise<void> {
    this.#asked = true;
    this.#suns = await sunEntities(hass);
    this.requestUpdate();
  }

  protected override show(hass: Hass, texts: Texts): TemplateResult {
    if (!this.#asked) void this.#ask(hass);
    const site = siteOfCard(hass, this.config.site);
    if (site === undefined)
      return html`<ha-card>
        <p>${this.say("no_site")}</p>
        <button @click=${() => navigate(`/config/integrations/integration/${DOMAIN}`)}>
          ${this.say("add_site")}
        </button>
      </ha-card>`;
    const shows = (part: string) => (this.config.show ?? SHOWN).includes(part);
    return html`<ha-card>
      <section aria-labelledby="title">
        <div class="head">
          <h2 id="title">
            <button class="text" @click=${() => navigate(`/config/devices/device/${site.device}`)}>
              ${this.config.name || site.name}
            </button>
          </h2>
          ${this.#data(hass, texts, site)}
        </div>
        ${shows("flow") ? this.#flow(hass, texts, site) : nothing}
        ${shows("surplus") ? this.#surplus(hass, site) : nothing}
        ${shows("phases") ? this.#phases(hass, texts, site) : nothing}
        ${shows("today") ? this.#today(hass, site) : nothing}
      </section>
    </ha-card>`;
  }

  protected override counting(): boolean {
    const site = this.hass && siteOfCard(this.hass, this.config.site);
    const data = site && stateOf(this.hass as Hass, site, "grid_data_state");
    return data?.attributes.since !== undefined;
  }

  /** Say that the meter's values are late, with their age where it is known. */
  #data(hass: Hass, texts: Texts, site: Found): unknown {
    const state = stateOf(hass, site, "grid_data_state");
    if (state === undefined || !LATE.includes(state.state)) return nothing;
    const age = ageOf(texts, state, new Date());
    const aged = age === undefined ? "" : ` · ${age}`;
    return html`<button class="text secondary" @click=${() => openMoreInfo(this, state.entity_id)}>
      <ha-icon aria-hidden="true" icon="mdi:database-clock"></ha-icon>
      ${this.say("meter_data", { state: hass.formatEntityState(state) })}${aged}
    </button>`;
  }

  #flow(hass: Hass, texts: Texts, site: Found): TemplateResult {
    const flows = flowsOf(hass, site, this.#suns);
    const bar = (name: string, side: Share[]) => html`<div class="flow">
      <span class="secondary">${this.say(name)}</span>
      <div class="bar" aria-hidden="true">
        ${side.map(
          (share) => html`<span
            class="${share.key} ${name}"
            style="width: ${(100 * share.power) / (flows.total || 1)}%"
          ></span>`,
        )}
      </div>
    </div>`;
    return html`${bar("from", flows.from)}${bar("to", flows.to)}
      <dl>${this.#rows(hass, texts, site, flows)}</dl>
      ${
        [...flows.from, ...flows.to].some((share) => share.key === "rest")
          ? html`<p class="secondary">${this.say("not_measured")}</p>`
          : nothing
      }`;
  }

  #rows(hass: Hass, texts: Texts, site: Found, flows: Flows): unknown {
    const data = stateOf(hass, site, "grid_data_state");
    const age = data && ageOf(texts, data, new Date());
    const late = age !== undefined && flows.grid !== undefined;

    const watts = (value?: number) =>
      value === undefined ? "–" : format.power(hass, Math.abs(value));
    const directed = (value: number | undefined, plus: string, minus: string) => {
      if (value === undefined) return "–";
      if (Math.abs(value) <= BALANCED_W) return this.say("balanced");
      return `${this.say(value > 0 ? plus : minus)} ${watts(value)}`;
    };
    const row = (
      key: string,
      icon: string,
      value: string,
      entity?: string,
      late = false,
    ) => html`<div>
      <dt><span class="swatch ${key}" aria-hidden="true"></span>
        <ha-icon aria-hidden="true" icon=${icon}></ha-icon>${this.say(key)}</dt>
      <dd class=${late ? "secondary" : ""}>${
        entity === undefined
          ? value
          : html`<button class="text" @click=${() => openMoreInfo(this, entity)}>${value}</button>`
      }</dd>
    </div>`;
    const own = (key: string) => site.entities[key]?.[0];
    const battery = "battery_power" in site.entities;
    const charged = (flows.battery ?? 0) !== 0;
    return [
      this.#suns.length > 0
        ? row("sun", "mdi:white-balance-sunny", watts(flows.sun), this.#suns[0])
        : nothing,
      battery
        ? row(
            "battery",
            "mdi:home-battery-outline",
            charged
              ? directed(flows.battery, "discharges", "charges")
              : watts(flows.battery),
            own("battery_power"),
          )
        : nothing,
      row(
        "grid",
        "mdi:transmission-tower",
        directed(flows.grid, "imports", "exports") + (late ? ` · ${age}` : ""),
        own("grid_power"),
        late,
      ),
      row("house", "mdi:home-outline", watts(flows.house)),
      row("cars", "mdi:car-electric", watts(flows.cars), own("charging_power")),
    ];
  }

  #surplus(hass: Hass, site: Found): unknown {
    const surplus = stateOf(hass, site, "surplus");
    const value = numberOf(surplus);
    if (surplus === undefined || value === undefined || value <= 0) return nothing;
    return html`<button class="text num" @click=${() => openMoreInfo(this, surplus.entity_id)}>
      ${this.say("surplus", { power: format.power(hass, value) })}
    </button>`;
  }

  /** What was charged today, with the sun's part and the cost where they are known. */
  #today(hass: Hass, site: Found): unknown {
    const energy = stateOf(hass, site, "energy_today");
    const kwh = numberOf(energy);
    if (energy === undefined || kwh === undefined) return nothing;
    const sun = numberOf(stateOf(hass, site, "solar_share_today"));
    const cost = stateOf(hass, site, "cost_today");
    const spent = numberOf(cost);
    const parts = [this.say("today", { energy: format.energy(hass, kwh) })];
    if (sun !== undefined)
      parts.push(this.say("sun_share", { share: format.percent(hass, sun) }));
    if (spent !== undefined)
      parts.push(
        format.money(hass, spent, String(cost?.attributes.unit_of_measurement ?? "")),
      );
    return html`<button class="text num" @click=${() => openMoreInfo(this, energy.entity_id)}>
      ${parts.join(" · ")}
    </button>`;
  }

  #phases(hass: Hass, _texts: Texts, site: Found): TemplateResult {
    const silent = isSilent(hass, site);
    const states = PHASES.map((phase) => stateOf(hass, site, `headroom_${phase}`));
    const rating = states
      .map((state) => state?.attributes.rating)
      .find(Number.isFinite);
    return html`<div class="phases">
      <span class="secondary">
        ${this.say("fuse", {
          current: rating === undefined ? "" : format.current(hass, Number(rating)),
        })}
      </span>
      ${states.map((state, n) => {
        if (state === undefined) return nothing;
        const name = `L${n + 1}`;
        const known = isKnown(state) && !silent;
        const free = known ? Math.floor(Number(state.state)) : undefined;
        const of = Number(state.attributes.rating ?? 0);
        const used =
          free === undefined || of === 0 ? 0 : Math.min(Math.max(1 - free / of, 0), 1);
        return html`<button
          class="text phase ${free !== undefined && free < TIGHT_A ? "tight" : ""}"
          @click=${() => openMoreInfo(this, state.entity_id)}
        >
          <span>${name}</span>
          <span class="bar" aria-hidden="true"><span style="width: ${100 * used}%"></span></span>
          <span class="num">${this.#left(hass, free)}</span>
        </button>`;
      })}
    </div>`;
  }

  #left(hass: Hass, free?: number): unknown {
    if (free === undefined) return "–";
    const current = format.current(hass, Math.abs(free), 0);
    if (free < 0)
      return html`<ha-icon aria-hidden="true" icon="mdi:fuse-alert"></ha-icon> ${this.say("over", { current })}`;
    return this.say(free < TIGHT_A ? "left_tight" : "left", { current });
  }

  static override styles: CSSResultGroup = [
    Card.styles,
    css`
      section { display: flex; flex-direction: column; gap: 12px; }
      section > button { align-self: flex-start; }
      .flow { display: grid; grid-template-columns: 3.2em 1fr; align-items: center; gap: 8px; }
      .flow .bar { height: 18px; border-radius: 9px; }
      .bar > span + span { border-inline-start: 2px solid var(--card-background-color); }
      .sun { background: var(--energy-solar-color); }
      .battery { background: var(--energy-battery-out-color); }
      .to.battery { background: var(--energy-battery-in-color); }
      .grid { background: var(--energy-grid-consumption-color); }
      .bar .to.grid { background: repeating-linear-gradient(45deg, var(--energy-grid-return-color) 0 6px, var(--card-background-color) 6px 8px); }
      .house { background: color-mix(in srgb, var(--primary-color) 60%, transparent); }
      .cars { background: var(--primary-color); }
      .rest { background: repeating-linear-gradient(135deg, var(--secondary-text-color) 0 2px, transparent 2px 7px); }
      dl { margin: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(150px, 100%), 1fr)); gap: 10px 16px; }
      dt { display: flex; align-items: center; gap: 6px; }
      dt ha-icon { --mdc-icon-size: 18px; }
      dd { margin: 0; font-size: var(--ha-font-size-l, 16px); }
      .swatch { width: 10px; height: 10px; border-radius: 50%; border: 1px solid var(--secondary-text-color); flex: none; }
      .phases { display: flex; flex-direction: column; gap: 6px; }
      .phase { display: grid; grid-template-columns: 2em 1fr minmax(6em, auto); gap: 8px; align-items: center; min-height: 28px; }
      .phase .bar > span { background: var(--primary-color); height: 100%; }
      .phase .num { text-align: end; }
      .tight { font-weight: 700; }
      .tight .bar > span { background: var(--warning-color); }
    `,
  ];
}
