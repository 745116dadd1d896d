/** The words of the cards: the files of `texts/` that the integration serves. */

import type { Hass } from "./hass.ts";

export interface Texts {
  sentence: { with_tail: string; without_tail: string };
  units: Record<string, string>;
  times: Record<string, string>;
  weekdays: Record<string, string>;
  phases: Record<string, string>;
  tails: Record<string, string>;
  cards: Record<string, string>;
}

const LANGUAGES = ["en", "de", "fr", "it"];

const kept = new Map<string, Promise<Texts>>();

/** The language that is spoken to a user: theirs, or English. */
export const spoken = (language: string): string => {
  const short = language.split("-")[0] ?? "en";
  return LANGUAGES.includes(short) ? short : "en";
};

/** Load a language's words, once. */
export const loadTexts = (language: string): Promise<Texts> => {
  const name = spoken(language);
  let texts = kept.get(name);
  if (texts === undefined) {
    texts = fetch(new URL(`../texts/${name}.json`, import.meta.url)).then((answer) => {
      if (!answer.ok) throw new Error(`texts/${name}.json: ${answer.status}`);
      return answer.json() as Promise<Texts>;
    });
    texts.catch(() => kept.delete(name));
    kept.set(name, texts);
  }
  return texts;
};

/** Fill a text's placeholders in. */
export const fill = (text: string, values: Record<string, string | number> = {}) =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));

/** Say one of the cards' texts; the key itself shows a text that is missing. */
export const say = (
  texts: Texts,
  key: string,
  values?: Record<string, string | number>,
): string => fill(texts.cards[key] ?? key, values);

export const wordsOf = (hass: Hass): Promise<Texts> => loadTexts(hass.language);
