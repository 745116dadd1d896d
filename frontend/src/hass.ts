/** What of Home Assistant's frontend the cards use. */

export interface State {
  entity_id: string;
  state: string;
  attributes: Record<string, unknown>;
  last_changed: string;
  last_updated: string;
}

export interface RegisteredEntity {
  entity_id: string;
  device_id?: string | null;
  platform?: string;
  translation_key?: string;
  hidden?: boolean;
}

export interface Device {
  id: string;
  name?: string | null;
  name_by_user?: string | null;
  model?: string | null;
  via_device_id?: string | null;
  parent_device_id?: string | null;
  primary_config_entry?: string | null;
  identifiers?: [string, string][];
  entry_type?: string | null;
}

export interface Locale {
  language: string;
  number_format?: string;
  time_format?: string;
  time_zone?: string;
}

export interface Hass {
  states: Record<string, State>;
  entities: Record<string, RegisteredEntity>;
  devices: Record<string, Device>;
  language: string;
  locale: Locale;
  connected?: boolean;
  config: { currency?: string; time_zone: string; components: string[] };
  user?: { is_admin?: boolean };
  formatEntityState(state: State, value?: string): string;
  callService(
    domain: string,
    service: string,
    data?: Record<string, unknown>,
    target?: { entity_id: string },
    notifyOnError?: boolean,
  ): Promise<unknown>;
  callWS<Answer>(message: Record<string, unknown>): Promise<Answer>;
}

export type CardConfig = {
  type: string;
  name?: string;
  show?: string[];
  [option: string]: unknown;
};

/** Why a state says nothing: the device is away, or has not told it yet. */
export const isAway = (state?: State): boolean =>
  state === undefined || state.state === "unavailable";
export const isKnown = (state?: State): state is State =>
  state !== undefined && state.state !== "unavailable" && state.state !== "unknown";

/** Return a state's number, or undefined where it has none. */
export const numberOf = (state?: State): number | undefined => {
  if (!isKnown(state)) return undefined;
  const value = Number(state.state);
  return Number.isFinite(value) ? value : undefined;
};

/** Return a power in watts by its unit, never guessed; undefined without one. */
export const watts = (state?: State): number | undefined => {
  const value = numberOf(state);
  if (value === undefined) return undefined;
  const factor = { W: 1, kW: 1e3, MW: 1e6, mW: 1e-3 }[
    String(state?.attributes.unit_of_measurement)
  ];
  return factor === undefined ? undefined : value * factor;
};

export const openMoreInfo = (from: HTMLElement, entityId: string): void => {
  from.dispatchEvent(
    new CustomEvent("hass-more-info", {
      bubbles: true,
      composed: true,
      detail: { entityId },
    }),
  );
};

/** Show another page of Home Assistant. */
export const navigate = (path: string): void => {
  history.pushState(null, "", path);
  window.dispatchEvent(
    new CustomEvent("location-changed", { detail: { replace: false } }),
  );
};
