/** What is planned for a charger, in one line. */

import * as format from "./format.ts";
import { type Hass, isKnown, type State } from "./hass.ts";
import { moment } from "./reason.ts";
import { say, type Texts } from "./texts.ts";

export interface Plan {
  ready_at: string;
  energy_kwh?: number;
  charge_level?: number;
  /** The days on which it is wanted again, as `DAYS` names them. */
  repeat?: string[];
}

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export const planOf = (state?: State): Plan | undefined =>
  (isKnown(state) && (state.attributes.plan as Plan | null)) || undefined;

/** The name of a day of the week, Monday is 0. */
export const dayName = (hass: Hass, day: number, style: "short" | "long"): string =>
  format.weekday(hass, new Date(Date.UTC(2024, 0, 1 + day, 12)), style);

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
  const ready = moment(hass, texts, new Date(plan.ready_at), now);
  const days = (plan.repeat ?? []).map((day) =>
    dayName(hass, DAYS.indexOf(day), "short"),
  );
  const line = say(texts, "plan", { target, ready });
  return days.length > 0 ? `${line} · ${days.join(", ")}` : line;
};
