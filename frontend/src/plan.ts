/** The plan of a charger: its line, and the dialog that sets it. */

import { html, nothing, type TemplateResult } from "lit";
import { DOMAIN, type Found, stateOf } from "./find.ts";
import * as format from "./format.ts";
import { type Hass, isKnown, type State } from "./hass.ts";
import { duration, moment } from "./reason.ts";
import { say, type Texts } from "./texts.ts";

interface Plan {
  ready_at: string;
  energy_kwh?: number;
  charge_level?: number;
}

const planOf = (state?: State): Plan | undefined =>
  (isKnown(state) && (state.attributes.plan as Plan | null)) || undefined;

/** Say what is planned. */
export const planLine = (
  hass: Hass,
  texts: Texts,
  state: State | undefined,
  now: Date,
): string => {
  const plan = planOf(state);
  if (plan === undefined) return say(texts, "no_plan");
  const target =
    plan.charge_level === undefined
      ? format.energy(hass, plan.energy_kwh ?? 0)
      : format.percent(hass, plan.charge_level);
  return say(texts, "plan", {
    target,
    ready: moment(hass, texts, new Date(plan.ready_at), now),
  });
};

/** The clock of the house in `HH:MM`, for a time field. */
const clock = (hass: Hass, at: Date): string =>
  new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    timeZone: hass.config.time_zone,
  }).format(at);

/** Say the day of the next such time of day, written out. */
export const dayOf = (hass: Hass, texts: Texts, time: string, now: Date): string => {
  const tomorrow = time <= clock(hass, now);
  const day = new Date(now.getTime() + (tomorrow ? 86_400_000 : 0));
  return say(texts, tomorrow ? "ready_tomorrow" : "ready_today", {
    weekday: format.weekday(hass, day, "long"),
    time,
  });
};

interface Host extends HTMLElement {
  renderRoot: HTMLElement | DocumentFragment;
  planAnswer?: string;
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
    return { time: field("time")?.value ?? "07:00", ...target };
  };
  const tell = (answer: string) => {
    host.planAnswer = answer;
    host.requestUpdate();
  };
  const failed = (error: unknown) =>
    tell((error as { message?: string }).message ?? "");
  const send = async (service: string, data: Record<string, unknown>) => {
    try {
      await hass.callService(DOMAIN, service, data, { entity_id }, false);
      host.planAnswer = "";
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
          dayOf(hass, texts, field("time")?.value ?? "07:00", new Date()),
          foreseen ? result(hass, texts, foreseen, new Date()) : "",
        ].join(" "),
      );
    } catch (error) {
      failed(error);
    }
  };
  const off = mode?.state === "off";
  const solar = () =>
    hass.callService(
      "select",
      "select_option",
      { option: "solar" },
      { entity_id },
      false,
    );
  const save = (event: Event) => {
    event.preventDefault();
    void send("set_plan", chosen());
  };
  return html`<dialog aria-labelledby="plan-title" @close=${() => tell("")}>
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
          .value=${plan ? clock(hass, new Date(plan.ready_at)) : "07:00"} />
      </label>
      <p role="status">${host.planAnswer || dayOf(hass, texts, plan ? clock(hass, new Date(plan.ready_at)) : "07:00", now)}</p>
      <div class="row actions">
        ${plan ? html`<button type="button" @click=${() => send("clear_plan", {})}>${say(texts, "remove")}</button>` : nothing}
        <button type="button" @click=${() => dialog()?.close()}>${say(texts, "cancel")}</button>
        <button>${say(texts, "save")}</button>
      </div>
    </form>
  </dialog>`;
};

interface Foreseen {
  [figure: string]: unknown;
}

const result = (hass: Hass, texts: Texts, foreseen: Foreseen, now: Date): string => {
  const { start, late_minutes: late } = foreseen as {
    start?: string;
    late_minutes?: number;
  };
  if (late) return say(texts, "plan_late", { late: duration(texts, late * 60) });
  if (start)
    return say(texts, "plan_starts", {
      start: moment(hass, texts, new Date(start), now),
    });
  return "";
};
