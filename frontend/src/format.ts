/** Numbers, times and durations by the locale that the user has chosen. */

import type { Hass, Locale } from "./hass.ts";

const NO_BREAK = "\u00a0";

const numberLocale = (locale: Locale): string | string[] | undefined =>
  ({
    comma_decimal: ["en-US", "en"],
    decimal_comma: ["de", "es", "it"],
    quote_decimal: ["de-CH"],
    space_comma: ["fr", "sv", "cs"],
    none: ["en-US"],
    system: undefined,
  })[locale.number_format ?? ""] ??
  (locale.number_format === "system" ? undefined : locale.language);

const formats = new Map<string, Intl.NumberFormat>();

/** A formatter, made once: that costs more than all it formats. */
const formatter = (
  locale: Locale,
  options: Intl.NumberFormatOptions,
): Intl.NumberFormat => {
  const key = `${locale.number_format} ${locale.language} ${Object.values(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(numberLocale(locale), options);
    formats.set(key, format);
  }
  return format;
};

/** Write a number with so many digits after the point. */
export const number = (hass: Hass, value: number, digits = 0, least = digits): string =>
  formatter(hass.locale, {
    minimumFractionDigits: least,
    maximumFractionDigits: digits,
    useGrouping: hass.locale.number_format !== "none",
  }).format(Object.is(Math.round(value * 10 ** digits), -0) ? 0 : value);

const unit = (said: string, of: string): string => said + NO_BREAK + of;

/** A power in W: rounded to ten, or kW from 1000 W on. */
export const power = (hass: Hass, value: number): string => {
  const size = Math.abs(value);
  if (size < 995) return unit(number(hass, Math.round(value / 10) * 10), "W");
  return unit(number(hass, value / 1000, size < 99_950 ? 1 : 0), "kW");
};

export const current = (hass: Hass, value: number, digits = 1): string =>
  unit(number(hass, value, digits, 0), "A");

export const energy = (hass: Hass, value: number, digits = 1): string => {
  if (value >= 10_000) return unit(number(hass, value / 1000, 1), "MWh");
  return unit(number(hass, value, value < 100 ? digits : 0), "kWh");
};

/** Per cent as a whole number; 100 only of all. */
export const percent = (hass: Hass, value: number): string =>
  unit(number(hass, value > 99 && value < 100 ? 99 : value), "%");

/** Money; a currency that browsers don't know is written out. */
export const money = (hass: Hass, value: number, code?: string | null): string => {
  const currency = code || hass.config.currency;
  if (!currency || !/^[A-Z]{3}$/.test(currency))
    return unit(number(hass, value, 2), currency ?? "");
  return formatter(hass.locale, { style: "currency", currency }).format(value);
};

const dateFormat = (hass: Hass, options: Intl.DateTimeFormatOptions) => {
  const { locale, config } = hass;
  const hour12 =
    locale.time_format === "12"
      ? true
      : locale.time_format === "24"
        ? false
        : undefined;
  return new Intl.DateTimeFormat(
    locale.time_format === "system" ? undefined : hass.language,
    {
      ...options,
      ...(options.hour ? { hour12 } : {}),
      timeZone:
        options.timeZone ??
        (locale.time_zone === "local" ? undefined : config.time_zone),
    },
  );
};

export const time = (hass: Hass, at: Date, timeZone?: string): string => {
  const { hour12 } = dateFormat(hass, { hour: "numeric" }).resolvedOptions();
  const hour = hour12 ? "numeric" : "2-digit";
  return dateFormat(hass, { hour, minute: "2-digit", timeZone }).format(at);
};

/** Write a time of day, `HH:MM` as a time field has it. */
export const clock = (hass: Hass, of: string): string =>
  time(hass, new Date(`2024-01-01T${of}Z`), "UTC");

export const date = (hass: Hass, at: Date): string =>
  dateFormat(hass, { day: "numeric", month: "short" }).format(at);

export const month = (hass: Hass, at: Date): string =>
  dateFormat(hass, { month: "long", year: "numeric" }).format(at);

export const weekday = (hass: Hass, at: Date, style: "short" | "long"): string =>
  dateFormat(hass, { weekday: style }).format(at);

/** How many days of the house's calendar a time lies ahead. */
export const daysAhead = (hass: Hass, at: Date, now: Date): number => {
  const day = (moment: Date) => {
    const parts = Object.fromEntries(
      new Intl.DateTimeFormat("en-US", {
        year: "numeric",
        month: "numeric",
        day: "numeric",
        timeZone: hass.locale.time_zone === "local" ? undefined : hass.config.time_zone,
      })
        .formatToParts(moment)
        .map((part) => [part.type, Number(part.value)]),
    );
    return Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day ?? 1);
  };
  return Math.round((day(at) - day(now)) / 86_400_000);
};

/** A countdown: m:ss below ten minutes. */
export const countdown = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
