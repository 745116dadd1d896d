/** Where the house's power comes from and where it goes, at one moment. */

import { type Found, isSilent, stateOf } from "./find.ts";
import { type Hass, watts } from "./hass.ts";

export interface Share {
  key: "sun" | "battery" | "grid" | "house" | "cars" | "rest";
  power: number;
}

export interface Flows {
  from: Share[];
  to: Share[];
  /** The longer side's sum, which both bars are drawn by. */
  total: number;
  grid: number | undefined;
  sun: number | undefined;
  battery: number | undefined;
  house: number | undefined;
  cars: number | undefined;
}

const BALANCED_W = 30;
/** Sides that differ by more are not drawn as equal. */
const TOLERANCE = 0.05;

/** The power sensors of the sun that the energy settings name. */
export const sunEntities = async (hass: Hass): Promise<string[]> => {
  try {
    const settings = await hass.callWS<{
      energy_sources: { type: string; stat_rate?: string | null }[];
    }>({ type: "energy/get_prefs" });
    return settings.energy_sources.flatMap((source) =>
      source.type === "solar" && source.stat_rate ? [source.stat_rate] : [],
    );
  } catch {
    // A house without energy settings names no sun.
    return [];
  }
};

/** Add up what is known; undefined where nothing is. */
const sum = (values: (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? known.reduce((all, value) => all + value, 0) : undefined;
};

const rest = (side: Share[], total: number): Share[] => {
  const told = side.reduce((all, share) => all + share.power, 0);
  const missing = total - told;
  return missing > TOLERANCE * total
    ? [...side, { key: "rest", power: missing }]
    : side;
};

/** Reckon the shares; what the house draws is what the others leave. */
export const flowsOf = (hass: Hass, site: Found, suns: string[]): Flows => {
  const silent = isSilent(hass, site);
  const ofMeter = (key: string) =>
    silent ? undefined : watts(stateOf(hass, site, key));
  const grid = ofMeter("grid_power");
  const battery = watts(stateOf(hass, site, "battery_power"));
  // What the cars drew is told of the meter's moment.
  const cars = ofMeter("charging_power");
  const found = sum(suns.map((entity) => watts(hass.states[entity])));
  const sun = found === undefined ? undefined : Math.max(found, 0);
  const left =
    grid === undefined || (suns.length > 0 && sun === undefined)
      ? undefined
      : grid + (sun ?? 0) + (battery ?? 0) - (cars ?? 0);
  const inward = Math.max(grid ?? 0, 0) + (sun ?? 0) + Math.max(battery ?? 0, 0);
  // Less than nothing is left where something is not measured, or not at this moment.
  const house =
    left === undefined || left < -TOLERANCE * inward ? undefined : Math.max(left, 0);
  const share = (key: Share["key"], power = 0): Share[] =>
    power > BALANCED_W || (power > 0 && key !== "grid") ? [{ key, power }] : [];
  // Without the grid nobody knows what share of the whole the others are.
  const sides = (from: Share[], to: Share[]): [Share[], Share[]] =>
    grid === undefined ? [[], []] : [from, to];
  const [from, to] = sides(
    [...share("sun", sun), ...share("battery", battery), ...share("grid", grid)],
    [
      ...share("house", house),
      ...share("cars", cars),
      ...share("battery", -(battery ?? 0)),
      ...share("grid", -(grid ?? 0)),
    ],
  );
  const size = (side: Share[]) => side.reduce((all, one) => all + one.power, 0);
  const total = Math.max(size(from), size(to));
  return {
    from: rest(from, total),
    to: rest(to, total),
    total,
    grid,
    sun,
    battery,
    house,
    cars,
  };
};
