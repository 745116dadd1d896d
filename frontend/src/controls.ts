/** Controls of entities: the user's value stands until the device has answered. */

import { html, nothing, type TemplateResult } from "lit";
import { DOMAIN } from "./find.ts";
import * as format from "./format.ts";
import { type Hass, isKnown, numberOf, type State } from "./hass.ts";
import type { Texts } from "./texts.ts";

const ANSWER_MS = 10_000;
const REFUSED_MS = 8_000;
const HURRY_MS = 3_000;

export interface Control {
  entity: string;
  /** What the state will be once the device has accepted, and how that reads. */
  value?: string;
  label?: string;
  call: () => Promise<unknown>;
}

interface Host {
  requestUpdate(): void;
  say(key: string, of: Record<string, string>): string;
  readonly hass: Hass | undefined;
}

export interface Controls {
  send(control: Control): Promise<void>;
  /** The value to show for an entity: what was sent last, or its state. */
  value(state: State): string;
  pending(state: State): boolean;
  waiting(): boolean;
  /** Whether something was sent a moment ago: its answer is to be seen at once. */
  hurried(): boolean;
  refusal(): string;
}

const same = (one: string, other: string): boolean =>
  one === other || (one !== "" && other !== "" && Number(one) === Number(other));

/** Keep what a card has sent and what was refused. */
export const controls = (host: Host): Controls => {
  const sent = new Map<
    string,
    Required<Pick<Control, "value">> & { until: number; label: string }
  >();
  let refused = { text: "", until: 0 };
  let hurriedUntil = 0;
  const refuse = (text: string) => {
    refused = { text, until: Date.now() + REFUSED_MS };
    host.requestUpdate();
  };
  /** Forget what has arrived; tell of what did not in time. */
  const settle = (): void => {
    for (const [entity, { value, until, label }] of sent) {
      const state = host.hass?.states[entity];
      if (state !== undefined && same(state.state, value)) sent.delete(entity);
      else if (Date.now() > until) {
        sent.delete(entity);
        refused = {
          text: host.say("not_accepted", { value: label }),
          until: Date.now() + REFUSED_MS,
        };
      }
    }
    if (Date.now() > refused.until) refused.text = "";
  };
  return {
    async send({ entity, value, label, call }) {
      refused.text = "";
      hurriedUntil = Date.now() + HURRY_MS;
      if (value !== undefined)
        sent.set(entity, {
          value,
          label: label ?? value,
          until: Date.now() + ANSWER_MS,
        });
      host.requestUpdate();
      try {
        await call();
      } catch (error) {
        sent.delete(entity);
        refuse(
          (error as { message?: string }).message ??
            host.say("not_accepted", { value: label ?? "" }),
        );
      }
    },
    value(state) {
      settle();
      return sent.get(state.entity_id)?.value ?? state.state;
    },
    pending: (state) => sent.has(state.entity_id),
    hurried: () => Date.now() < hurriedUntil,
    waiting: () => sent.size > 0 || refused.text !== "",
    refusal() {
      settle();
      return refused.text;
    },
  };
};

export const BOOST_MIN = 30;

/** Send a boost of a charger, 0 minutes to end it. */
export const boost = (hass: Hass, entity_id: string, minutes: number) =>
  hass.callService(DOMAIN, "boost", { minutes }, { entity_id }, false);

/** The minutes of a usual boost, as they are written. */
export const minutes = (hass: Hass, texts: Texts, value = BOOST_MIN): string =>
  (texts.units.min ?? "").replace("{value}", format.number(hass, value));

/** Choose of a select; the answer is its state. */
export const choose = (hass: Hass, entity_id: string, option: string) =>
  hass.callService("select", "select_option", { option }, { entity_id }, false);

/** A select as a row of buttons, of which arrows choose as in any radio group. */
export const radios = (
  of: Controls,
  hass: Hass,
  select: State,
  { label, icons = {} }: { label: string; icons?: Record<string, string> },
): TemplateResult => {
  const options = (select.attributes.options as string[] | undefined) ?? [];
  const chosen = of.value(select);
  const usable = isKnown(select);
  const at = Math.max(options.indexOf(chosen), 0);
  const pick = (option: string) => {
    if (option !== chosen)
      void of.send({
        entity: select.entity_id,
        value: option,
        label: hass.formatEntityState(select, option),
        call: () => choose(hass, select.entity_id, option),
      });
  };
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const option = step && options[(at + step + options.length) % options.length];
    if (!option) return;
    event.preventDefault();
    pick(option);
    const group = event.currentTarget as HTMLElement;
    group.querySelector<HTMLElement>(`[data-option="${option}"]`)?.focus();
  };
  return html`<div
    role="radiogroup"
    class=${of.pending(select) ? "pending" : ""}
    aria-label=${label}
    @keydown=${move}
  >
    ${options.map(
      (option, n) => html`<button
        role="radio"
        data-option=${option}
        aria-checked=${option === chosen}
        tabindex=${n === at ? 0 : -1}
        ?disabled=${!usable}
        @click=${() => pick(option)}
      >
        ${icons[option] ? html`<ha-icon aria-hidden="true" icon=${icons[option]}></ha-icon>` : nothing}
        <span>${hass.formatEntityState(select, option)}</span>
      </button>`,
    )}
  </div>`;
};

interface SliderWords {
  label: string;
  value: (amount: number) => string;
  spoken: (amount: number) => string;
  less: string;
  more: string;
}

/** A number as a slider that writes when it is let go, with two buttons beside. */
export const slider = (
  of: Controls,
  hass: Hass,
  number: State,
  words: SliderWords,
): TemplateResult => {
  const {
    min = 0,
    max = 32,
    step: fine = 1,
  } = number.attributes as Record<string, number>;
  // Nobody wants to tap ten times for an ampere; the entity itself goes finer.
  const step = Math.max(fine, 1);
  const value = isKnown(number) ? Number(of.value(number)) : undefined;
  const usable = value !== undefined && numberOf(number) !== undefined;
  const set = (wanted: number) => {
    const amount = Math.min(max, Math.max(min, Math.round(wanted / fine) * fine));
    void of.send({
      entity: number.entity_id,
      value: String(amount),
      label: words.spoken(amount),
      call: () =>
        hass.callService(
          "number",
          "set_value",
          { value: amount },
          { entity_id: number.entity_id },
          false,
        ),
    });
  };
  const release = (event: Event) =>
    set(Number((event.target as HTMLInputElement).value));
  const drag = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const output = input.parentElement?.querySelector("output");
    if (output) output.textContent = words.value(Number(input.value));
  };
  // A slider that has the focus says its value itself; its buttons do not.
  const hush = ({ type, target }: FocusEvent) =>
    (target as HTMLElement).parentElement
      ?.querySelector("output")
      ?.setAttribute("aria-live", type === "focus" ? "off" : "polite");
  const nudge = (by: number, name: string, sign: string) => html`<button
    aria-label=${`${words.label}: ${name}`}
    ?disabled=${!usable || (by < 0 ? value <= min : value >= max)}
    @click=${() => set((value ?? min) + by)}
  >${sign}</button>`;
  return html`<div class="slider ${of.pending(number) ? "pending" : ""}">
    ${nudge(-step, words.less, "−")}
    <input
      type="range"
      aria-label=${words.label}
      aria-valuetext=${usable ? words.spoken(value) : "–"}
      min=${min}
      max=${max}
      step=${step}
      .value=${String(value ?? min)}
      ?disabled=${!usable}
      @focus=${hush}
      @blur=${hush}
      @input=${drag}
      @change=${release}
    />
    ${nudge(step, words.more, "+")}
    <output class="num" .textContent=${usable ? words.value(value) : "–"}></output>
  </div>`;
};
