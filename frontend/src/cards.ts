/** What is loaded when a card or the dashboard is first shown. */

import { SHOWN as CHARGER_PARTS, ChargerCard } from "./charger-card.ts";
import { CircuitsCard } from "./circuits-card.ts";
import { chargers, sites } from "./find.ts";
import type { Hass } from "./hass.ts";
import { HealthCard } from "./health-card.ts";
import { SessionsCard } from "./sessions-card.ts";
import { SHOWN as SITE_PARTS, SiteCard } from "./site-card.ts";

// What the dialogs use that are fetched later.
export { html, nothing } from "lit";
export { BOOST_MIN, boost, choose, minutes } from "./controls.ts";
export { DOMAIN, isSilent, sites, stateOf } from "./find.ts";
export * as format from "./format.ts";
export { isKnown, navigate, numberOf, openMoreInfo, watts } from "./hass.ts";
export { DAYS, dayName, planOf } from "./plan-line.ts";
export { ageOf, duration, figuresOf, filled, moment } from "./reason.ts";
export { generate } from "./strategy.ts";
export { say } from "./texts.ts";

const CARDS = {
  charger: ChargerCard,
  site: SiteCard,
  circuits: CircuitsCard,
  sessions: SessionsCard,
  health: HealthCard,
};

for (const [name, card] of Object.entries(CARDS))
  customElements.define(`meters-chargers-${name}-inside`, card);

/** What a new card shows: the first charger or site there is. */
export const stub = (name: string, hass: Hass): Record<string, unknown> => {
  if (name === "charger")
    return { device: chargers(hass)[0]?.device ?? "", show: CHARGER_PARTS };
  if (name === "site") return { site: sites(hass)[0]?.device ?? "", show: SITE_PARTS };
  return {};
};
