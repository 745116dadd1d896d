/** The dialog that sets a charger's plan; fetched when it is first opened. */

import type { TemplateResult } from "lit";
import {
  choose,
  DAYS,
  DOMAIN,
  dayName,
  duration,
  format,
  html,
  moment,
  nothing,
  planOf,
  say,
  stateOf,
} from "./cards.js";
import type { Found } from "./find.ts";
import type { Hass } from "./hass.ts";
import type { Texts } from "./texts.ts";

/** What would come of what is entered, as it was last asked. */
interface Told {
  answer: string;
  foreseen?: Foreseen;
}

const told = new WeakMap<object, Told>();

/** The clock of the house in `HH:MM`, for a time field. */
const clock = (hass: Hass, at: Date): string =>
  new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    timeZone: hass.config.time_zone,
  }).format(at);

/** The next day, of some or of all, on which such a time of day lies ahead. */
const nextDay = (hass: Hass, time: string, days: string[], now: Date) => {
  for (let ahead = time <= clock(hass, now) ? 1 : 0; ; ahead++) {
    const day = new Date(now.getTime() + ahead * 86_400_000);
    const name = new Intl.DateTimeFormat("en-GB", {
      weekday: "short",
      timeZone: hass.config.time_zone,
    });
    const fits = days.includes(name.format(day).toLowerCase());
    if (days.length === 0 || fits || ahead > 7) return { day, ahead };
  }
};

/** Say the day of the next such time, written out. */
export const dayOf = (
  hass: Hass,
  texts: Texts,
  time: string,
  now: Date,
  days: string[] = [],
): string => {
  const { day, ahead } = nextDay(hass, time, days, now);
  const key = ["ready_today", "ready_tomorrow"][ahead] ?? "ready_on";
  return say(texts, key, {
    weekday: format.weekday(hass, day, "long"),
    time: format.clock(hass, time),
  });
};

interface Host extends HTMLElement {
  renderRoot: HTMLElement | DocumentFragment;
  requestUpdate(): void;
}

/** The dialog: how much, by when; what would come of it is asked as it is typed. */
export const planDialog = (
  host: Host,
  hass: Hass,
  texts: Texts,
  charger: Found,
  now: Date,
): TemplateResult => {
  const mode = stateOf(hass, charger, "charge_mode");
  const plan = planOf(stateOf(hass, charger, "charger_state"));
  const entity_id = charger.entities.charge_mode?.[0] ?? "";
  const dialog = () => host.renderRoot.querySelector("dialog");
  const field = (name: string) =>
    host.renderRoot.querySelector<HTMLInputElement>(`dialog [name=${name}]`);
  const chosen = (): Record<string, unknown> => {
    const level = field("level")?.valueAsNumber;
    const energy = field("energy")?.valueAsNumber;
    const target = level ? { charge_level: level } : energy ? { energy } : {};
    return { time: time(), ...target, ...first() };
  };
  const time = () => field("time")?.value || "07:00";
  /** The date of the first of its days, where it is to be had again. */
  const first = () => {
    const days = repeat();
    if (days.length === 0) return {};
    const { day } = nextDay(hass, time(), days, new Date());
    const date = new Intl.DateTimeFormat("en-CA", { timeZone: hass.config.time_zone });
    return { date: date.format(day) };
  };
  const repeat = (): string[] =>
    [
      ...host.renderRoot.querySelectorAll<HTMLInputElement>("dialog [name=day]"),
    ].flatMap((day) => (day.checked ? [day.value] : []));
  const tell = (answer: string, foreseen?: Foreseen) => {
    told.set(host, foreseen ? { answer, foreseen } : { answer });
    host.requestUpdate();
  };
  const failed = (error: unknown) =>
    tell((error as { message?: string }).message ?? "");
  const send = async (service: string, data: Record<string, unknown>) => {
    try {
      await hass.callService(DOMAIN, service, data, { entity_id }, false);
      tell("");
      dialog()?.close();
    } catch (error) {
      failed(error);
    }
  };
  const preview = async () => {
    try {
      const answer = await hass.callWS<{ response: Record<string, Foreseen> }>({
        type: "call_service",
        domain: DOMAIN,
        service: "preview",
        service_data: chosen(),
        target: { entity_id },
        return_response: true,
      });
      const foreseen = Object.values(answer.response)[0];
      tell(
        [
          dayOf(hass, texts, time(), new Date(), repeat()),
          foreseen ? result(hass, texts, foreseen, new Date()) : "",
        ].join(" "),
        foreseen,
      );
    } catch (error) {
      failed(error);
    }
  };
  const off = mode?.state === "off";
  const solar = () => choose(hass, entity_id, "solar");
  const save = (event: Event) => {
    event.preventDefault();
    void send("set_plan", { ...chosen(), repeat: repeat() });
  };
  const { answer, foreseen } = told.get(host) ?? { answer: "" };
  const ready = plan ? clock(hass, new Date(plan.ready_at)) : "07:00";
  return html`<style>${STYLE}</style>
    <dialog aria-labelledby="plan-title" @close=${() => tell("")}>
    <form method="dialog" @submit=${save} @change=${preview}>
      <h2 id="plan-title">${say(texts, "plan_title", { name: charger.name })}</h2>
      ${
        off
          ? html`<div class="row">
              <span>${say(texts, "plan_off")}</span>
              <button type="button" @click=${solar}>${say(texts, "switch_to_solar")}</button>
            </div>`
          : nothing
      }
      <label>${say(texts, "plan_energy")}
        <input name="energy" type="number" min="0.1" max="200" step="0.1"
          .value=${String(plan?.energy_kwh ?? (plan?.charge_level ? "" : 20))} />
      </label>
      ${
        "min_level" in charger.entities
          ? html`<label>${say(texts, "plan_level")}
              <input name="level" type="number" min="1" max="100" step="1"
                .value=${String(plan?.charge_level ?? "")} />
            </label>`
          : nothing
      }
      <label>${say(texts, "plan_ready")}
        <input name="time" type="time" required
          .value=${ready} />
      </label>
      <fieldset>
        <legend>${say(texts, "plan_repeat")}</legend>
        ${DAYS.map(
          (day, n) => html`<label>
            <input name="day" type="checkbox" value=${day} .checked=${plan?.repeat?.includes(day) ?? false}
              aria-label=${dayName(hass, n, "long")} />
            <span aria-hidden="true">${dayName(hass, n, "short")}</span>
          </label>`,
        )}
      </fieldset>
      <p role="status">${answer || dayOf(hass, texts, ready, now, plan?.repeat)}</p>
      ${foreseen ? slots(hass, texts, foreseen, now) : nothing}
      <div class="row actions">
        ${plan ? html`<button type="button" @click=${() => send("clear_plan", {})}>${say(texts, "remove")}</button>` : nothing}
        <button type="button" @click=${() => dialog()?.close()}>${say(texts, "cancel")}</button>
        <button>${say(texts, "save")}</button>
      </div>
    </form>
  </dialog>`;
};

interface Foreseen {
  ready_at: string;
  slots: { start: string; end: string }[];
  start: string | null;
  late_minutes: number;
  cost: number | null;
}

const result = (hass: Hass, texts: Texts, foreseen: Foreseen, now: Date): string => {
  const { start, late_minutes: late, cost } = foreseen;
  if (late) return say(texts, "plan_late", { late: duration(texts, late * 60) });
  if (start === null) return "";
  const lasts = foreseen.slots.reduce(
    (sum, slot) => sum + Date.parse(slot.end) - Date.parse(slot.start),
    0,
  );
  const said = [
    say(texts, "plan_starts", { start: moment(hass, texts, new Date(start), now) }),
    duration(texts, lasts / 1000),
  ];
  if (cost !== null)
    said.push(say(texts, "plan_cost", { cost: format.money(hass, cost) }));
  return `${said[0]} ${said.slice(1).join(" · ")}`;
};

/** The time until the plan's, and in which parts of it the car would charge. */
const slots = (hass: Hass, texts: Texts, foreseen: Foreseen, now: Date) => {
  const begin = now.getTime();
  const ends = [foreseen.ready_at, ...foreseen.slots.map((slot) => slot.end)];
  const all = Math.max(...ends.map(Date.parse)) - begin;
  if (foreseen.slots.length === 0 || all <= 0) return nothing;
  const place = (at: string) => (100 * Math.max(Date.parse(at) - begin, 0)) / all;
  return html`<div class="slots" aria-hidden="true">
    <div class="bar">${foreseen.slots.map(
      ({ start, end }) =>
        html`<span style="left: ${place(start)}%; width: ${place(end) - place(start)}%"></span>`,
    )}</div>
    <div class="head secondary"><span>${format.time(hass, now)}</span>
      <span>${moment(hass, texts, new Date(begin + all), now)}</span></div>
  </div>`;
};

const STYLE = `
  dialog { border: 0; border-radius: 16px; padding: 24px; width: min(440px, 100vw - 32px); box-sizing: border-box; background: var(--card-background-color); color: var(--primary-text-color); }
  dialog::backdrop { background: rgb(0 0 0 / 50%); }
  dialog form { display: flex; flex-direction: column; gap: 16px; }
  label { display: flex; flex-direction: column; gap: 4px; }
  label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
  fieldset { border: 0; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(7, 1fr); gap: 4px; }
  legend { padding: 0 0 4px; }
  fieldset label { position: relative; min-height: 44px; align-items: center; justify-content: center; border: 1px solid var(--secondary-text-color); border-radius: 8px; }
  fieldset input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
  fieldset label:has(:checked) { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); font-weight: 500; }
  fieldset label:has(:focus-visible) { outline: 2px solid var(--primary-text-color); outline-offset: 2px; }
  .slots .bar { position: relative; height: 14px; }
  .slots .bar > span { position: absolute; height: 100%; background: var(--primary-color); }
  .actions { justify-content: flex-end; }
`;
