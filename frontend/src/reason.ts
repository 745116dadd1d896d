/** The reason of a charger as a sentence, with figures and countdowns as of now. */

import * as format from "./format.ts";
import { type Hass, isKnown, type State } from "./hass.ts";
import { fill, say, type Texts } from "./texts.ts";

type Kind =
  | "power"
  | "current"
  | "energy"
  | "duration"
  | "time"
  | "price"
  | "percent"
  | "phases"
  | "word";

/** What the figures are, by their names; W, A, kWh, s, dates, currency, %. */
export const KINDS: Record<string, Kind> = {
  have: "power",
  power: "power",
  grid: "power",
  cap: "power",
  need: "power",
  free: "current",
  limit: "current",
  current: "current",
  energy: "energy",
  target: "energy",
  age: "duration",
  late: "duration",
  left: "duration",
  until: "time",
  start: "time",
  ready: "time",
  since: "time",
  price: "price",
  max_price: "price",
  soc: "percent",
  phases: "phases",
  circuit: "word",
  charger: "word",
  phase: "word",
  count: "word",
};
/** Where a name means something else. */
const OTHERWISE: Record<string, Record<string, Kind>> = {
  fuse_full: { need: "current" },
  fuse_resume: { need: "current" },
  battery_first: { target: "percent" },
};
const BALANCED_W = 30;

export interface Said {
  key: string;
  sentence: string;
  severity: string;
  /** What happens next, unless the sentence tells when. */
  next?: string | undefined;
  /** Whether it changes by itself each second. */
  counts: boolean;
}

/** How long, in hours and minutes, or in seconds below one. */
export const duration = (texts: Texts, seconds: number): string => {
  const amount = (of: string, value: number) => fill(texts.units[of] ?? "", { value });
  if (seconds < 60) return amount("s", Math.round(seconds));
  const minutes = Math.round(seconds / 60);
  const parts = [];
  if (minutes >= 60) parts.push(amount("h", Math.floor(minutes / 60)));
  if (minutes % 60) parts.push(amount("min", minutes % 60));
  return parts.join("\u00a0");
};

/** How old the value of a late meter is; undefined of one that is not late. */
export const ageOf = (texts: Texts, data: State, now: Date): string | undefined => {
  const { since } = data.attributes;
  if (typeof since !== "string") return undefined;
  return duration(texts, Math.max(0, (now.getTime() - Date.parse(since)) / 1000));
};

/** A time with its day unless that is today. */
export const moment = (hass: Hass, texts: Texts, at: Date, now: Date): string => {
  const days = format.daysAhead(hass, at, now);
  const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
  const name = near ?? (days > 0 && days < 7 ? "week" : "later");
  const clock = format.time(hass, at);
  if (name === "yesterday") return say(texts, "yesterday", { time: clock });
  if (name === "later") return `${format.date(hass, at)} ${clock}`;
  return fill(texts.times[name] ?? "{time}", {
    time: clock,
    weekday: format.weekday(hass, at, "short"),
  });
};

/** What is left until then: counted in m:ss below ten minutes. */
const left = (texts: Texts, until: Date, now: Date): string => {
  const seconds = (until.getTime() - now.getTime()) / 1000;
  return seconds < 600 ? format.countdown(seconds) : duration(texts, seconds);
};

const figure = (
  hass: Hass,
  texts: Texts,
  kind: Kind,
  value: unknown,
  now: Date,
): string => {
  const amount = Number(value);
  switch (kind) {
    case "power":
      return format.power(hass, amount);
    case "current":
      return format.current(hass, amount);
    case "energy":
      return format.energy(hass, amount);
    case "duration":
      return duration(texts, amount);
    case "percent":
      return format.percent(hass, amount);
    case "time":
      return moment(hass, texts, new Date(String(value)), now);
    case "phases":
      return texts.phases[String(value)] ?? String(value);
    case "price":
      return fill(texts.units.price ?? "{value}", {
        value: format.number(hass, amount, 3, 2),
        currency: hass.config.currency ?? "",
      });
    default:
      return String(value);
  }
};

/** Fill a tail in, without the clauses that name what is not known. */
export const filled = (tail: string, said: Record<string, string>): string =>
  tail
    .split(", ")
    .filter((clause) =>
      [...clause.matchAll(/\{(\w+)\}/g)].every(([, name]) => (name ?? "") in said),
    )
    .map((clause) => fill(clause, said).replace(/ {2,}/g, " ").trim())
    .filter((clause) => clause !== "")
    .join(", ");

/** Write the figures of a reason, those that are known. */
export const figuresOf = (
  hass: Hass,
  texts: Texts,
  reason: State,
  now: Date,
): Record<string, string> => {
  const said: Record<string, string> = { phase: "" };
  for (const [name, value] of Object.entries(reason.attributes)) {
    const kind = OTHERWISE[reason.state]?.[name] ?? KINDS[name];
    if (kind === undefined || value === null) continue;
    if (name === "grid" && Number(value) <= BALANCED_W) continue;
    said[name] = figure(hass, texts, kind, value, now);
  }
  return said;
};

/** Say why a charger is as it is; `change` is when it will be otherwise. */
export const reasonOf = (
  hass: Hass,
  texts: Texts,
  reason: State | undefined,
  change: State | undefined,
  now: Date,
): Said => {
  if (!isKnown(reason))
    return {
      key: "",
      sentence: say(texts, "no_reason"),
      severity: "wait",
      counts: false,
    };
  const key = reason.state;
  const tail = texts.tails[key] ?? "";
  const said = figuresOf(hass, texts, reason, now);
  const until = isKnown(change) ? change.state : reason.attributes.until;
  const at = typeof until === "string" ? new Date(until) : undefined;
  const counts = tail.includes("{left}") && at !== undefined;
  if (counts) said.left = left(texts, at, now);
  const head = hass.formatEntityState(reason);
  const told = counts && at <= now ? say(texts, "any_moment") : filled(tail, said);
  const times = [...tail.matchAll(/\{(left|until|start|ready)\}/g)];
  const tells = times.some(([, name]) => (name ?? "") in said);
  const next =
    at === undefined || tells || at <= now
      ? undefined
      : nextOf(hass, texts, reason.attributes.next, at, now);
  return {
    key,
    sentence: told
      ? fill(texts.sentence.with_tail, { head, tail: told })
      : fill(texts.sentence.without_tail, { head }),
    severity: String(reason.attributes.severity ?? "wait"),
    next,
    counts: counts || next !== undefined,
  };
};

const nextOf = (hass: Hass, texts: Texts, next: unknown, at: Date, now: Date) => {
  if (typeof next !== "string") return undefined;
  const time = moment(hass, texts, at, now);
  const values = { left: left(texts, at, now), ready: time, start: time, until: time };
  return say(texts, `next_${next}`, values);
};
