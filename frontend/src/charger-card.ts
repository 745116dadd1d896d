/** The card of one charger: state, power, why, what next, and its controls. */

import { type CSSResultGroup, css, html, nothing, type TemplateResult } from "lit";
import { Card } from "./card.ts";
import { BOOST_MIN, boost, controls, minutes, radios, slider } from "./controls.ts";
import { DOMAIN, type Found, nameOf, pages, sites, stateOf, statesOf } from "./find.ts";
import * as format from "./format.ts";
import {
  type Hass,
  isAway,
  isKnown,
  navigate,
  numberOf,
  openMoreInfo,
  type State,
  watts,
} from "./hass.ts";
import { planLine } from "./plan-line.ts";
import { moment, reasonOf } from "./reason.ts";
import type { Texts } from "./texts.ts";

const MODES: Record<string, string> = {
  off: "mdi:power",
  solar: "mdi:white-balance-sunny",
  min_solar: "mdi:sun-clock",
  fast: "mdi:flash",
};
const STATES: Record<string, string> = {
  no_vehicle: "mdi:ev-plug-type2",
  blocked: "mdi:lock-outline",
  waiting_surplus: "mdi:timer-sand",
  start_delay: "mdi:timer-play-outline",
  starting: "mdi:timer-play-outline",
  charging: "mdi:lightning-bolt",
  limited: "mdi:gauge-low",
  stop_delay: "mdi:timer-stop-outline",
  switching_phases: "mdi:sine-wave",
  paused_fuse: "mdi:fuse-alert",
  failsafe: "mdi:shield-alert",
  finished: "mdi:check-circle-outline",
  fault: "mdi:alert-octagon",
};
/** What is shown unless the owner says otherwise. */
export const SHOWN = ["mode", "slider", "plan", "session"];
const PARTS = ["mode", "slider", "phases", "boost", "plan", "session"];
const DRAWS_A = 1;
const DRAWS_W = 50;

/** The charger on a device's page; none where no site steers it. */
export const chargerOf = (hass: Hass, device: string): Found | undefined => {
  const entities = pages(hass).get(device);
  if (entities === undefined || !("charge_mode" in entities)) return undefined;
  return { device, name: nameOf(hass.devices[device]), entities };
};

/** What a charger draws: W, marked when it is reckoned; A and phases if measured. */
export const drawn = (hass: Hass, charger: Found) => {
  const told = stateOf(hass, charger, "charger_state")?.attributes ?? {};
  const named = told.current_entities;
  const phases = (
    Array.isArray(named)
      ? named.map((entity: string) => hass.states[entity])
      : statesOf(hass, charger, "current_phase")
  )
    .map(numberOf)
    .filter((value) => value !== undefined);
  const used = phases.map(Math.abs).filter((value) => value > DRAWS_A);
  const entity =
    typeof told.power_entity === "string"
      ? told.power_entity
      : charger.entities.power?.[0];
  const own = entity === undefined ? undefined : watts(hass.states[entity]);
  const reckoned =
    phases.length > 0 ? 230 * used.reduce((sum, a) => sum + a, 0) : undefined;
  return {
    entity,
    power: own ?? reckoned,
    reckoned: own === undefined,
    phases: used.length,
    current: used.length > 0 ? Math.max(...used) : undefined,
  };
};

export class ChargerCard extends Card {
  #controls = controls(this);
  #counts = false;
  #explains = false;
  #panel: typeof import("./explain.ts").explain | undefined;
  #dialog: typeof import("./plan.ts").planDialog | undefined;
  #sentence = "";
  #spoken = "";

  protected override watched(hass: Hass): Iterable<string> {
    const charger = chargerOf(hass, String(this.config.device));
    if (charger === undefined) return [];
    const told = stateOf(hass, charger, "charger_state")?.attributes ?? {};
    return [
      ...Object.values(charger.entities).flat(),
      ...[told.power_entity, told.current_entities].flat().map(String),
      ...(this.#explains ? sites(hass) : []).flatMap((site) =>
        Object.values(site.entities).flat(),
      ),
    ];
  }

  protected override counting(): boolean {
    return this.#counts || this.#explains || this.#controls.waiting();
  }

  protected override hurried(): boolean {
    return this.#controls.hurried();
  }

  #explain = async (): Promise<void> => {
    this.#explains = !this.#explains;
    this.#panel ??= (await import("./explain.js")).explain;
    this.requestUpdate();
  };

  #shows(part: string): boolean {
    return (this.config.show ?? SHOWN).includes(part);
  }

  protected override show(hass: Hass, texts: Texts): TemplateResult {
    const charger = chargerOf(hass, String(this.config.device));
    if (charger === undefined)
      return html`<ha-card>
        <p>${this.say("no_charger_here")}</p>
        ${this.#link(`/config/integrations/integration/${DOMAIN}`, "add_charger")}
      </ha-card>`;
    const now = new Date();
    const state = stateOf(hass, charger, "charger_state");
    const reason = stateOf(hass, charger, "reason");
    const change = stateOf(hass, charger, "next_change");
    const said = reasonOf(hass, texts, reason, change, now);
    this.#counts = said.counts;
    // Announced when the reason is another, not with each of its numbers.
    if (said.key !== this.#spoken) {
      this.#spoken = said.key;
      this.#sentence = said.sentence;
    }
    const title = this.config.name || charger.name;
    const page = String(this.config.view ?? `/config/devices/device/${charger.device}`);
    const safe = state?.state === "failsafe" || said.severity === "fault";
    const compact = Boolean(this.config.compact);
    const away = said.key === "charger_offline";
    return html`<ha-card class="${safe ? said.severity : ""} ${compact ? "compact" : ""}">
      <section aria-labelledby="title">
        <div class="head">
          <h2 id="title">
            <button class="text" @click=${() => navigate(page)}>
              ${title}
            </button>
          </h2>
          ${compact ? this.#figures(hass, texts, charger) : nothing}
          ${this.#state(hass, state, away)}
        </div>
        ${
          compact
            ? nothing
            : html`<div class="head">${this.#figures(hass, texts, charger)}${away ? nothing : this.#sun(hass, charger)}</div>`
        }
        <button class="text reason" aria-expanded=${this.#explains} @click=${this.#explain}>
          ${safe ? html`<ha-icon aria-hidden="true" icon=${STATES[state?.state ?? ""] ?? "mdi:alert"}></ha-icon>` : nothing}
          ${said.sentence}
        </button>
        <div class="hidden" role="status" aria-live="polite">${this.#sentence}</div>
        ${said.next ? html`<p class="secondary num">${said.next}</p>` : nothing}
        ${this.#explains ? this.#panel?.(this, this.#controls, hass, texts, charger, now) : nothing}
        ${compact ? nothing : this.#parts(hass, texts, charger, title, now)}
        <p role="status" class="refused">${this.#controls.refusal()}</p>
      </section>
    </ha-card>`;
  }

  #state(hass: Hass, state: State | undefined, away: boolean): TemplateResult {
    if (!isKnown(state))
      return html`<span class="state">${this.say(isAway(state) ? "no_contact" : "not_yet")}</span>`;
    // The site calls that a fault, and so it is told what kind of one.
    const icon = away ? "mdi:lan-disconnect" : STATES[state.state];
    return html`<button
      class="text state"
      @click=${() => openMoreInfo(this, state.entity_id)}
    >
      <ha-icon aria-hidden="true" icon=${icon ?? "mdi:ev-station"}></ha-icon>
      ${away ? this.say("no_contact") : hass.formatEntityState(state)}
    </button>`;
  }

  /** How much of the session came from the sun, as far as the site knows. */
  #sun(hass: Hass, charger: Found): unknown {
    const share = stateOf(hass, charger, "session_solar_share");
    const sun = numberOf(share);
    if (share === undefined || sun === undefined) return nothing;
    return html`<button class="text num sun" @click=${() => openMoreInfo(this, share.entity_id)}>
      ${this.say("sun_share", { share: format.percent(hass, sun) })}
    </button>`;
  }

  #figures(hass: Hass, texts: Texts, charger: Found): TemplateResult {
    const { entity, power, reckoned, phases, current } = drawn(hass, charger);
    const parts: string[] = [];
    if (power !== undefined)
      parts.push(`${reckoned ? "≈ " : ""}${format.power(hass, Math.max(power, 0))}`);
    const draws = power === undefined || power > DRAWS_W;
    if (phases > 0 && current !== undefined && draws)
      parts.push(texts.phases[phases] ?? "", format.current(hass, current));
    const limit = stateOf(hass, charger, "charging_current");
    const amps = numberOf(limit);
    if (current === undefined && amps !== undefined && (draws || amps > 0))
      parts.push(this.say("limit", { current: format.current(hass, amps) }));
    const opens = entity ?? limit?.entity_id;
    if (this.config.compact) parts.splice(1);
    if (parts.length === 0) return html`<p class="figures">–</p>`;
    return html`<button
      class="text figures num"
      ?disabled=${opens === undefined}
      @click=${() => opens && openMoreInfo(this, opens)}
    >${parts.join(" · ")}</button>`;
  }

  #parts(hass: Hass, texts: Texts, charger: Found, title: string, now: Date) {
    const shown: Record<string, () => unknown> = {
      mode: () => this.#mode(hass, charger, title),
      slider: () => this.#slider(hass, charger, title),
      phases: () => this.#phases(hass, charger, title),
      boost: () => this.#boost(hass, texts, charger, now),
      plan: () => this.#plan(hass, texts, charger, now),
      session: () => this.#session(hass, texts, charger, now),
    };
    return PARTS.filter((part) => this.#shows(part)).map((part) => shown[part]?.());
  }

  #mode(hass: Hass, charger: Found, title: string): unknown {
    const mode = stateOf(hass, charger, "charge_mode");
    if (mode === undefined) return nothing;
    if (stateOf(hass, charger, "reason")?.state === "observe")
      return this.#observe(hass);
    return radios(this.#controls, hass, mode, {
      label: this.say("mode_of", { name: title }),
      icons: MODES,
    });
  }

  #observe(hass: Hass): TemplateResult {
    const observers = [...pages(hass).values()].flatMap((page) => page.observe ?? []);
    const on = observers.filter((entity) => hass.states[entity]?.state === "on");
    const take = () =>
      Promise.all(
        on.map((entity_id) =>
          hass.callService("switch", "turn_off", {}, { entity_id }),
        ),
      );
    return html`<div class="row">
      <span>${this.say("observing")}</span>
      ${on.length === 1 ? html`<button @click=${take}>${this.say("take_control")}</button>` : nothing}
    </div>`;
  }

  #phases(hass: Hass, charger: Found, title: string): unknown {
    const phases = stateOf(hass, charger, "phases");
    if (phases === undefined) return nothing;
    return radios(this.#controls, hass, phases, {
      label: this.say("phases_of", { name: title }),
    });
  }

  #slider(hass: Hass, charger: Found, title: string): unknown {
    const limit = stateOf(hass, charger, "max_current");
    if (limit === undefined) return nothing;
    return slider(this.#controls, hass, limit, {
      label: this.say("max_current_of", { name: title }),
      value: (amps) => this.say("max", { current: format.current(hass, amps) }),
      spoken: (amps) => format.current(hass, amps),
      less: this.say("less"),
      more: this.say("more"),
    });
  }

  #boost(hass: Hass, texts: Texts, charger: Found, now: Date): unknown {
    const mode = charger.entities.charge_mode?.[0];
    if (mode === undefined) return nothing;
    const until = stateOf(hass, charger, "charger_state")?.attributes.boost_until;
    const left =
      typeof until === "string"
        ? Math.max(0, Math.ceil((Date.parse(until) - now.getTime()) / 60_000))
        : undefined;
    const call = () => boost(hass, mode, left === undefined ? BOOST_MIN : 0);
    return html`<button @click=${() => this.#controls.send({ entity: mode, call })}>
      <ha-icon aria-hidden="true" icon="mdi:rocket-launch-outline"></ha-icon>
      ${this.say(left === undefined ? "boost" : "stop_boost", { left: minutes(hass, texts, left) })}
    </button>`;
  }

  #plan(hass: Hass, texts: Texts, charger: Found, now: Date): unknown {
    // A plan needs a charger whose energy is counted; it has a target then.
    if (!("target_energy" in charger.entities)) return nothing;
    const open = async () => {
      this.#dialog ??= (await import("./plan.js")).planDialog;
      this.requestUpdate();
      await this.updateComplete;
      this.renderRoot.querySelector("dialog")?.showModal();
      // What would come of it is asked as when something was entered.
      this.renderRoot.querySelector("dialog form")?.dispatchEvent(new Event("change"));
    };
    return html`<div class="row plan">
        <ha-icon aria-hidden="true" icon="mdi:flag-checkered"></ha-icon>
        <span>${planLine(hass, texts, stateOf(hass, charger, "charger_state"), now)}</span>
        <button class="link" @click=${open}>${this.say("edit_plan")}</button>
      </div>
      ${this.#dialog?.(this, hass, texts, charger, now) ?? nothing}`;
  }

  #session(hass: Hass, texts: Texts, charger: Found, now: Date): unknown {
    const energy = stateOf(hass, charger, "session_energy");
    const kwh = numberOf(energy);
    if (energy === undefined || kwh === undefined) return nothing;
    const start = stateOf(hass, charger, "session_start");
    const cost = stateOf(hass, charger, "session_cost");
    const running = stateOf(hass, charger, "charger_state")?.state !== "no_vehicle";
    const parts = [format.energy(hass, kwh, 2)];
    if (isKnown(start)) parts.push(moment(hass, texts, new Date(start.state), now));
    const spent = numberOf(cost);
    if (spent !== undefined)
      parts.push(
        format.money(hass, spent, String(cost?.attributes.unit_of_measurement ?? "")),
      );
    const name = this.say(running ? "this_session" : "last_session");
    return html`<button class="text num" @click=${() => openMoreInfo(this, energy.entity_id)}>
      <span class="secondary">${name}</span> ${parts.join(" · ")}
    </button>`;
  }

  #link(path: string, key: string): TemplateResult {
    return html`<button @click=${() => navigate(path)}>${this.say(key)}</button>`;
  }

  static override styles: CSSResultGroup = [
    Card.styles,
    css`
      section { display: flex; flex-direction: column; gap: 8px; }
      section > button { align-self: flex-start; }
      .state { display: inline-flex; gap: 4px; align-items: center; flex: none; max-width: 60%; }
      .figures { font-size: var(--ha-font-size-xl, 20px); line-height: 1.3; margin: 0; }
      .compact { padding: 8px 16px; }
      .compact section { gap: 4px; }
      .sun { flex: none; }
      .compact .head { flex-wrap: wrap; gap: 0 12px; }
      .compact h2 { flex: 1; }
      .compact .figures { font-size: inherit; }
      .reason { min-height: 24px; line-height: 1.4; align-self: flex-start; }
      .warn, .fault { border-inline-start: 6px solid var(--warning-color); }
      .fault { border-inline-start-color: var(--error-color); }
      .plan { gap: 4px 8px; }
      .plan span { flex: 1; }
      .refused:empty { display: none; }
      [role="radiogroup"] { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 4px; }
      [role="radio"] { display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 2px; padding: 4px 2px; line-height: 1.15; font-size: var(--ha-font-size-s, 12px); min-height: 52px; min-width: 0; hyphens: auto; }
      [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); font-weight: 500; }
      .slider { display: flex; align-items: center; gap: 6px; }
      .slider input { flex: 1; min-width: 40px; height: 44px; margin: 0; accent-color: var(--primary-color); }
      .slider button { font-size: 20px; line-height: 1; padding: 0; flex: none; }
      .slider output { min-width: 5em; text-align: end; flex: none; }
      .pending { box-shadow: 0 2px 0 var(--primary-color); }
    `,
  ];
}
