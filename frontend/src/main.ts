/**
 * Loaded by every page of Home Assistant, so it is small: names the cards and the
 * dashboard, and fetches what they are made of when one is shown.
 */

import type { CardConfig, Hass } from "./hass.ts";

/** The words below, by language and key; put in by the build from `texts/`. */
declare const WORDS: Record<string, Record<string, string>>;
declare global {
  interface Window {
    customCards?: object[];
    customStrategies?: object[];
  }
}

const DOMAIN = "meters_and_chargers";
const PREFIX = "meters-chargers";
const NAME_OF_ALL = "Meters & Chargers";
const inside = () => import("./cards.js") as Promise<typeof import("./cards.ts")>;

interface Inside extends HTMLElement {
  hass: Hass;
  setConfig(config: CardConfig): void;
}

const language = (): string => {
  const page = document.querySelector<HTMLElement & { hass?: Hass }>("home-assistant");
  return page?.hass?.language ?? document.documentElement.lang;
};
const word = (key: string): string =>
  (WORDS[language().slice(0, 2)] ?? WORDS.en)?.[key] ?? "";

const device = (domain: string, more: object = {}) => ({
  device: {
    filter: { integration: DOMAIN },
    entity: { integration: DOMAIN, domain, ...more },
  },
});
const SITE = {
  name: "site",
  selector: device("binary_sensor", { device_class: "problem" }),
};
const NAME = { name: "name", selector: { text: {} } };
const choice = (name: string, options: string[], multiple = false) => ({
  name,
  selector: {
    select: {
      multiple,
      mode: multiple ? "list" : "dropdown",
      options: options.map((value) => ({ value, label: value })),
    },
  },
});

/** The forms that Home Assistant makes editors of. */
const FORMS: Record<string, { name: string; required?: boolean; selector: object }[]> =
  {
    charger: [
      {
        name: "device",
        required: true,
        selector: { device: { entity: { integration: DOMAIN, domain: "select" } } },
      },
      NAME,
      { name: "compact", selector: { boolean: {} } },
      choice("show", ["mode", "slider", "phases", "boost", "plan", "session"], true),
    ],
    site: [SITE, NAME, choice("show", ["flow", "phases", "surplus", "today"], true)],
    circuits: [
      { name: "device", selector: { device: { filter: { integration: DOMAIN } } } },
      NAME,
      choice("sort", ["position", "power", "name"]),
    ],
    sessions: [
      { name: "device", selector: device("button", { device_class: "restart" }) },
      NAME,
      choice("period", ["month", "year", "range"]),
    ],
    health: [SITE, NAME],
  };
const WIDE = ["circuits", "sessions"];

/** Label a field, or one of the values it offers. */
const labelled = (field: (typeof FORMS)[string][number]) => {
  const { select } = field.selector as { select?: { options: { value: string }[] } };
  if (select === undefined) return field;
  const options = select.options.map(({ value }) => ({
    value,
    label: word(`show_${value}`),
  }));
  return { ...field, selector: { select: { ...select, options } } };
};

const shell = (name: string, fields: (typeof FORMS)[string]) =>
  class extends HTMLElement {
    #config: CardConfig | undefined;
    #hass: Hass | undefined;
    #card: Inside | undefined;

    setConfig(config: CardConfig): void {
      if (config.show !== undefined && !Array.isArray(config.show))
        throw new Error("show: must be a list");
      this.#config = config;
      this.#card?.setConfig(config);
    }

    set hass(hass: Hass) {
      this.#hass = hass;
      if (this.#card) this.#card.hass = hass;
    }

    connectedCallback(): void {
      void this.#fill();
    }

    async #fill(): Promise<void> {
      if (this.#card) return;
      await inside();
      if (this.#card) return;
      this.#card = document.createElement(`${PREFIX}-${name}-inside`) as Inside;
      if (this.#config) this.#card.setConfig(this.#config);
      if (this.#hass) this.#card.hass = this.#hass;
      this.style.display = "block";
      this.append(this.#card);
    }

    getCardSize(): number {
      return 6;
    }

    getGridOptions() {
      return {
        columns: WIDE.includes(name) ? "full" : 12,
        rows: "auto",
        min_columns: 6,
      };
    }

    static async getStubConfig(hass: Hass) {
      return (await inside()).stub(name, hass);
    }

    static getConfigForm() {
      return {
        schema: fields.map(labelled),
        computeLabel: (field: { name: string }) => word(`form_${field.name}`),
      };
    }
  };

window.customCards ??= [];
for (const [name, fields] of Object.entries(FORMS)) {
  const type = `${PREFIX}-${name}-card`;
  customElements.define(type, shell(name, fields));
  window.customCards.push({
    type,
    get name() {
      return word(`card_${name}`);
    },
    get description() {
      return word(`about_${name}`);
    },
    preview: true,
    getEntitySuggestion: (hass: Hass, id: string) => {
      const entity = hass.entities[id];
      const keys = {
        charger_state: "charger",
        charge_mode: "charger",
        surplus: "site",
      };
      const key = entity?.translation_key as keyof typeof keys;
      if (entity?.platform !== DOMAIN || keys[key] !== name) return null;
      const field = name === "charger" ? "device" : "site";
      return { config: { type: `custom:${type}`, [field]: entity.device_id } };
    },
  });
}

customElements.define(
  `ll-strategy-dashboard-${PREFIX}`,
  class extends HTMLElement {
    static async generate(config: { type: string }, hass: Hass) {
      return (await inside()).generate(config, hass);
    }

    /** What the form of a new dashboard is filled with. */
    static getCreateSuggestions() {
      return { title: NAME_OF_ALL, icon: "mdi:home-lightning-bolt" };
    }
  },
);
window.customStrategies ??= [];
window.customStrategies.push({
  type: PREFIX,
  strategyType: "dashboard",
  name: NAME_OF_ALL,
  get description() {
    return word("about_dashboard");
  },
});
