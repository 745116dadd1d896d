/** What all cards have in common: when they are drawn, their words, their look. */

import {
  type CSSResultGroup,
  css,
  html,
  LitElement,
  nothing,
  type TemplateResult,
} from "lit";
import type { CardConfig, Hass } from "./hass.ts";
import { say, type Texts, wordsOf } from "./texts.ts";

const RENDER_MS = 1000;
const PATIENCE_MS = 5000;

/** What was known when Home Assistant went away, until each of it is told anew. */
let old: Hass["states"] | undefined;
let away = false;

/** Leave out what was told before Home Assistant went away: it is no news. */
const anew = (hass: Hass): Hass => {
  if (hass.connected === false) {
    if (!away) old = hass.states;
    away = true;
    return hass;
  }
  away = false;
  if (old === undefined) return hass;
  const before = old;
  const all = Object.entries(hass.states);
  const told = all.filter(([entity, state]) => state !== before[entity]);
  if (told.length === all.length) old = undefined;
  return { ...hass, states: Object.fromEntries(told) };
};

/** A card: drawn at most once a second, and only when something it shows changed. */
export abstract class Card extends LitElement {
  config: CardConfig = { type: "" };
  protected texts: Texts | undefined;
  #hass: Hass | undefined;
  #language = "";
  #drawnAt = Number.NEGATIVE_INFINITY;
  #later: ReturnType<typeof setTimeout> | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  #waitedLong = false;

  setConfig(config: CardConfig): void {
    this.config = config;
    this.requestUpdate();
  }

  get hass(): Hass | undefined {
    return this.#hass;
  }

  set hass(given: Hass | undefined) {
    const before = this.#hass;
    const hass = given && anew(given);
    this.#hass = hass;
    if (hass === undefined) return;
    if (hass.language !== this.#language) void this.#speak(hass);
    if (before === undefined || this.#changed(before, hass)) this.draw();
  }

  /** Draw soon: at once if the last time was a second ago, else when it will be. */
  protected draw(): void {
    // What nobody sees is drawn when it is seen again.
    if (this.#later !== undefined || document.hidden) return;
    const wait = this.hurried() ? 0 : this.#drawnAt + RENDER_MS - performance.now();
    if (wait <= 0) {
      this.requestUpdate();
      return;
    }
    this.#later = setTimeout(() => {
      this.#later = undefined;
      this.requestUpdate();
    }, wait);
  }

  /** The entities whose states are shown, as of the present registries. */
  protected abstract watched(hass: Hass): Iterable<string>;
  protected abstract show(hass: Hass, texts: Texts): TemplateResult;

  /** Whether something shown changes each second without a new state. */
  protected counting(): boolean {
    return false;
  }

  /** Whether its reader has just chosen something, and waits for what comes of it. */
  protected hurried(): boolean {
    return false;
  }

  say(key: string, values?: Record<string, string | number>): string {
    return this.texts === undefined ? "" : say(this.texts, key, values);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#turned);
    setTimeout(() => {
      this.#waitedLong = true;
      if (this.texts === undefined) this.requestUpdate();
    }, PATIENCE_MS);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#turned);
    clearTimeout(this.#later);
    this.#later = undefined;
    clearInterval(this.#tick);
    this.#tick = undefined;
  }

  override render(): TemplateResult {
    this.#drawnAt = performance.now();
    const { texts } = this;
    const hass = this.#hass;
    if (hass === undefined || texts === undefined)
      return html`<ha-card aria-busy="true">
        <div class="blank"></div><div class="blank short"></div>
        ${this.#waitedLong ? html`<p>Waiting for Home Assistant…</p>` : nothing}
      </ha-card>`;
    return hass.connected === false
      ? html`<ha-card><p class="secondary">${this.say("waiting")}</p></ha-card>`
      : this.show(hass, texts);
  }

  override updated(): void {
    this.#rest();
  }

  #turned = (): void => {
    this.#rest();
    if (!document.hidden) this.requestUpdate();
  };

  #rest = (): void => {
    const needed = !document.hidden && this.isConnected && this.counting();
    if (needed && this.#tick === undefined)
      this.#tick = setInterval(() => this.requestUpdate(), 1000);
    else if (!needed) {
      clearInterval(this.#tick);
      this.#tick = undefined;
    }
    if (!document.hidden) return;
    clearTimeout(this.#later);
    this.#later = undefined;
  };

  async #speak(hass: Hass): Promise<void> {
    this.#language = hass.language;
    try {
      this.texts = await wordsOf(hass);
    } catch {
      // Asked again with the next state: a server that restarts comes back.
      this.#language = "";
      return;
    }
    this.requestUpdate();
  }

  #changed(before: Hass, now: Hass): boolean {
    if (
      before.entities !== now.entities ||
      before.devices !== now.devices ||
      before.locale !== now.locale ||
      before.formatEntityState !== now.formatEntityState ||
      before.connected !== now.connected
    )
      return true;
    for (const entity of this.watched(now))
      if (before.states[entity] !== now.states[entity]) return true;
    return false;
  }

  static override styles: CSSResultGroup = css`
    :host { display: block; }
    ha-card { padding: 16px; height: 100%; box-sizing: border-box; color: var(--primary-text-color); }
    h2 { font-size: var(--ha-font-size-l, 16px); font-weight: 500; margin: 0; line-height: 1.4; overflow-wrap: anywhere; }
    h3 { font-size: var(--ha-font-size-m, 14px); font-weight: 500; margin: 0; }
    p { margin: 0; }
    .secondary, th, dt { color: var(--secondary-text-color); }
    .num, td, dd, .head { font-variant-numeric: tabular-nums; }
    .row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
    .head { display: flex; justify-content: space-between; gap: 12px; align-items: baseline; }
    .blank { height: 40px; border-radius: 8px; background: var(--divider-color); margin-bottom: 12px; }
    .blank.short { width: 60%; }
    button, select, input { font: inherit; color: inherit; }
    button { min-height: 44px; min-width: 44px; border-radius: 12px; border: 1px solid var(--divider-color); background: none; cursor: pointer; padding: 4px 12px; }
    button.text { border: 0; padding: 0; min-height: 24px; min-width: 24px; text-align: start; }
    button:disabled { cursor: default; color: var(--secondary-text-color); opacity: .7; }
    button.link { border: 0; text-decoration: underline; padding: 4px 8px; }
    :focus-visible { outline: 2px solid var(--primary-text-color); outline-offset: 2px; scroll-margin-top: 80px; }
    a { color: inherit; }
    ha-icon { --mdc-icon-size: 20px; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    table { border-collapse: collapse; width: 100%; }
    th { text-align: start; font-weight: 400; }
    td, th { padding: 8px 8px 8px 0; vertical-align: top; }
    .end { text-align: end; }
    .bar { height: 10px; border: 1px solid var(--secondary-text-color); border-radius: 5px; overflow: hidden; display: flex; }
    .bar > span { display: block; transition: width .3s; }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
    @media (forced-colors: active) { .bar > span { border-inline-end: 2px solid CanvasText; } }
  `;
}
