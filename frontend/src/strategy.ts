/** The dashboard, made of what is there: own cards, and Home Assistant's. */

import { powerOf } from "./circuits-card.ts";
import { chargers, type Found, modules, siteOf, sites, stateOf } from "./find.ts";
import { sunEntities } from "./flows.ts";
import type { Hass } from "./hass.ts";
import { loadTexts, say, type Texts } from "./texts.ts";

const CARD = "custom:meters-chargers";
const CARDS_IN_FULL = 3;
const TOP_CIRCUITS = 6;
const FULL = { columns: 12 };

export interface StrategyConfig {
  type: string;
  /** The device of the site, where there are several. */
  site?: string;
  show?: string[];
  hide_devices?: string[];
  circuits_limit?: number;
}

type Json = Record<string, unknown>;

interface Home {
  hass: Hass;
  texts: Texts;
  config: StrategyConfig;
  site: Found | undefined;
  chargers: Found[];
  suns: string[];
}

const VIEWS = ["overview", "chargers", "circuits", "sessions", "health"];

/** Make the dashboard; a view appears only when it has something to show. */
export const generate = async (config: StrategyConfig, hass: Hass): Promise<Json> => {
  const known = sites(hass);
  const site = known.find((one) => one.device === config.site) ?? known[0];
  const [texts, suns, places] = await Promise.all([
    loadTexts(hass.language),
    sunEntities(hass),
    siteOf(hass),
  ]);
  const hidden = new Set(config.hide_devices);
  const own = chargers(hass).filter(
    (one) =>
      !hidden.has(one.device) &&
      (site === undefined || places.get(one.device) === site.device),
  );
  const home: Home = { hass, texts, config, site, chargers: own, suns };
  const views: Record<string, () => Json[]> = {
    overview: () => [overview(home)],
    chargers: () => own.map((charger, n) => chargerView(home, charger, n)),
    circuits: () =>
      modules(hass).length > 0
        ? [panel(home, "circuits", "mdi:file-tree", { type: `${CARD}-circuits-card` })]
        : [],
    sessions: () =>
      own.some((charger) => "transaction" in charger.entities)
        ? [
            panel(home, "sessions", "mdi:receipt-text-clock-outline", {
              type: `${CARD}-sessions-card`,
            }),
          ]
        : [],
    health: () => [health(home)],
  };
  const shown = config.show ?? VIEWS;
  return {
    views: VIEWS.filter((view) => shown.includes(view)).flatMap(
      (view) => views[view]?.() ?? [],
    ),
  };
};

const grid = (...cards: Json[]): Json => ({ type: "grid", cards });

const heading = (text: string, icon: string): Json => ({
  type: "heading",
  heading: text,
  icon,
});

const sections = (
  home: Home,
  key: string,
  icon: string,
  parts: Json[],
  more: Json = {},
): Json => ({
  type: "sections",
  title: say(home.texts, key),
  path: key,
  icon,
  show_icon_and_title: true,
  max_columns: 3,
  sections: parts,
  ...more,
});

const panel = (home: Home, key: string, icon: string, card: Json): Json => ({
  title: say(home.texts, key),
  path: key,
  icon,
  show_icon_and_title: true,
  type: "panel",
  cards: [card],
});

const pathOf = (n: number): string => `charger-${n + 1}`;

const overview = (home: Home): Json => {
  const { site, chargers: own } = home;
  const compact = own.length > CARDS_IN_FULL;
  const cards = own.map((charger, n) => ({
    type: `${CARD}-charger-card`,
    device: charger.device,
    view: pathOf(n),
    ...(compact ? { compact } : {}),
  }));
  const empty = own.length === 0 ? [{ type: `${CARD}-charger-card` }] : [];
  const rows = [...cards, ...empty].map((card) => ({ ...card, grid_options: FULL }));
  const house = {
    type: `${CARD}-site-card`,
    ...(site ? { site: site.device } : {}),
    grid_options: FULL,
  };
  const hours = graph(home);
  return sections(
    home,
    "overview",
    "mdi:home-lightning-bolt",
    [
      grid(...rows),
      grid(house, ...topCircuits(home)),
      ...(hours.length > 0 ? [grid(...hours)] : []),
    ],
    { badges: badge(home) },
  );
};

/** How far the meter can be trusted, on top of every overview. */
const badge = ({ site, texts }: Home): Json[] => {
  const entity = site?.entities.grid_data_state?.[0];
  if (entity === undefined) return [];
  return [
    {
      type: "entity",
      entity,
      name: say(texts, "meter"),
      show_name: true,
      tap_action: { action: "navigate", navigation_path: "health" },
    },
  ];
};

const topCircuits = ({ hass, config, texts }: Home): Json[] => {
  const largest = modules(hass)
    .flatMap((module) => module.circuits.map((circuit) => ({ circuit, module })))
    .map(({ circuit, module }) => ({
      entity: stateOf(hass, circuit, "power")?.entity_id ?? "",
      name: `${circuit.name}, ${module.name}`,
      power: powerOf(hass, circuit) ?? 0,
    }))
    .filter(({ power }) => power > 0)
    .sort((one, other) => other.power - one.power)
    .slice(0, config.circuits_limit ?? TOP_CIRCUITS);
  if (largest.length < 2) return [];
  return [
    heading(say(texts, "top_circuits"), "mdi:file-tree"),
    {
      type: "distribution",
      entities: largest.map(({ entity, name }) => ({ entity, name })),
      grid_options: FULL,
    },
  ];
};

/** What is drawn is never negative: what flows out of the house is no minus. */
const graph = ({ site, suns, texts }: Home): Json[] => {
  const entities = [
    ...suns.map((entity) => ({ entity, name: say(texts, "sun"), color: "amber" })),
    ...named(site, "surplus", say(texts, "show_surplus"), "blue"),
    ...named(site, "charging_power", say(texts, "cars"), "green"),
  ];
  if (entities.length === 0) return [];
  return [
    heading(say(texts, "last_hours"), "mdi:chart-line"),
    {
      type: "history-graph",
      min_y_axis: 0,
      hours_to_show: 6,
      entities,
      grid_options: { columns: "full", rows: 5 },
    },
  ];
};

const named = (of: Found | undefined, key: string, name: string, color: string) =>
  (of?.entities[key] ?? []).map((entity) => ({ entity, name, color }));

/** A name without its device's, which stands above. */
const SHORT = { type: "entity" };

const chargerView = (home: Home, charger: Found, n: number): Json => {
  const { hass, texts, chargers: own } = home;
  const text = (key: string) => say(texts, key);
  const tile = (key: string, feature?: Json): Json[] =>
    (charger.entities[key] ?? []).map((entity) => ({
      type: "tile",
      entity,
      name: SHORT,
      ...(feature ? { features: [feature], grid_options: FULL } : {}),
    }));
  const tiles = (...keys: string[]) => keys.flatMap((key) => tile(key));
  const buttons = { type: "numeric-input", style: "buttons" };
  const drawn = ["charger_state", "power", "charging_current"]
    .flatMap((key) => charger.entities[key] ?? [])
    .map((entity) => ({ entity, name: SHORT }));
  const reasons = {
    type: "logbook",
    target: { entity_id: charger.entities.reason ?? [] },
    hours_to_show: 24,
    grid_options: { columns: 12, rows: 6 },
  };
  const left = grid(
    {
      type: `${CARD}-charger-card`,
      device: charger.device,
      show: ["mode", "slider", "phases", "boost", "plan", "session"],
      grid_options: FULL,
    },
    heading(text("settings"), "mdi:tune"),
    ...tile("min_current", buttons),
    ...tile("priority", buttons),
    ...tile("target_energy", buttons),
    ...tile("enabled", { type: "toggle" }),
    ...tiles("starts_today", "phase_changes_today", "writes_today"),
  );
  const right = grid(
    heading(text("right_now"), "mdi:pulse"),
    ...tile("power", { type: "trend-graph" }),
    ...tiles("current_phase", "session_energy", "session_solar_share", "energy_import"),
    {
      type: "history-graph",
      min_y_axis: 0,
      hours_to_show: 12,
      entities: drawn,
      grid_options: FULL,
    },
    ...(hass.config.components.includes("logbook")
      ? [heading(text("why"), "mdi:message-text-outline"), reasons]
      : []),
  );
  return {
    ...sections(home, charger.name, "mdi:ev-station", [left, right]),
    title: charger.name,
    path: pathOf(n),
    max_columns: 2,
    ...(own.length > CARDS_IN_FULL ? { subview: true } : {}),
  };
};

const health = (home: Home): Json =>
  sections(home, "health", "mdi:heart-pulse", [
    grid({ type: `${CARD}-health-card`, grid_options: FULL }),
    grid({ type: "repairs", grid_options: FULL }),
  ]);
