/** The log of charging sessions: a month, a year or any days; sums, and a file. */

import { type CSSResultGroup, css, html, nothing, type TemplateResult } from "lit";
import { Card } from "./card.ts";
import { csv, type Session } from "./csv.ts";
import { chargers, DOMAIN, stateOf } from "./find.ts";
import * as format from "./format.ts";
import type { CardConfig, Hass } from "./hass.ts";
import type { Texts } from "./texts.ts";

const PERIODS = ["month", "year", "range"];
const MOST = 5000;

interface Answer {
  sessions: Session[];
  more: boolean;
}

/** The days of a period that lies so many months or years back, as local dates. */
export const spanOf = (period: string, back: number, today: Date): [Date, Date] => {
  const year = today.getFullYear();
  if (period === "year")
    return [new Date(year - back, 0, 1), new Date(year - back + 1, 0, 1)];
  const month = today.getMonth() - back;
  return [new Date(year, month, 1), new Date(year, month + 1, 1)];
};

/** A date as the action reads it: the house's own midnight. */
const day = (at: Date): string =>
  `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(
    at.getDate(),
  ).padStart(2, "0")}`;

export class SessionsCard extends Card {
  #period = "month";
  #back = 0;
  #range: [Date, Date] | undefined;
  #sessions: Session[] | undefined;
  #failed = "";
  #asked = "";

  override setConfig(config: CardConfig): void {
    super.setConfig(config);
    this.#period = String(config.period ?? "month");
  }

  /** A session that begins or ends changes the log. */
  protected override watched(hass: Hass): Iterable<string> {
    return chargers(hass).flatMap((charger) => charger.entities.transaction ?? []);
  }

  #span(): [Date, Date] {
    if (this.#period === "range" && this.#range) return this.#range;
    return spanOf(this.#period, this.#back, new Date());
  }

  async #ask(hass: Hass, from: Date, to: Date): Promise<void> {
    try {
      const device = this.config.device;
      const { response } = await hass.callWS<{ response: Answer }>({
        type: "call_service",
        domain: DOMAIN,
        service: "get_sessions",
        service_data: {
          from: `${day(from)} 00:00:00`,
          to: `${day(to)} 00:00:00`,
          limit: MOST,
          ...(device ? { device_id: [device] } : {}),
        },
        return_response: true,
      });
      this.#sessions = response.sessions;
      this.#failed = "";
    } catch (error) {
      this.#sessions = [];
      this.#failed = (error as { message?: string }).message ?? "";
    }
    this.requestUpdate();
  }

  protected override show(hass: Hass, _texts: Texts): TemplateResult {
    const [from, to] = this.#span();
    // Asked for once for each span, and when a wallbox's session changes.
    const transactions = chargers(hass).map(
      (charger) => stateOf(hass, charger, "transaction")?.state,
    );
    const asked = `${day(from)} ${day(to)} ${transactions.join()}`;
    if (asked !== this.#asked) {
      this.#asked = asked;
      void this.#ask(hass, from, to);
    }
    return html`<ha-card>
      <section aria-labelledby="title">
        <h2 id="title">${this.config.name || this.say("sessions")}</h2>
        ${this.#periods(hass, from, to)}
        ${this.#list(hass, from)}
      </section>
    </ha-card>`;
  }

  #periods(hass: Hass, from: Date, to: Date): TemplateResult {
    const pick = (period: string) => {
      this.#period = period;
      this.#back = 0;
      this.#range = period === "range" ? [from, to] : undefined;
      this.requestUpdate();
    };
    const step = (by: number) => {
      this.#back += by;
      this.requestUpdate();
    };
    const move = (event: KeyboardEvent) => {
      const by = { ArrowRight: 1, ArrowLeft: 2 }[event.key];
      const next = by && PERIODS[(PERIODS.indexOf(this.#period) + by) % PERIODS.length];
      if (!next) return;
      pick(next);
      (event.currentTarget as HTMLElement)
        .querySelector<HTMLElement>(`[data-period=${next}]`)
        ?.focus();
    };
    const name =
      this.#period === "year" ? String(from.getFullYear()) : format.month(hass, from);
    return html`<div class="row">
      <div role="radiogroup" class="row" aria-label=${this.say("period")} @keydown=${move}>
        ${PERIODS.map(
          (period) => html`<button
            role="radio"
            data-period=${period}
            aria-checked=${period === this.#period}
            tabindex=${period === this.#period ? 0 : -1}
            @click=${() => pick(period)}
          >${this.say(`period_${period}`)}</button>`,
        )}
      </div>
      ${
        this.#period === "range"
          ? this.#dates(from, to)
          : html`<div class="row">
              <button aria-label=${this.say("earlier")} @click=${() => step(1)}>‹</button>
              <span>${name}</span>
              <button aria-label=${this.say("later")} ?disabled=${this.#back === 0} @click=${() => step(-1)}>›</button>
            </div>`
      }
    </div>`;
  }

  #dates(from: Date, to: Date): TemplateResult {
    const last = new Date(to.getTime() - 43_200_000);
    const change = (event: Event) => {
      const inputs = (event.currentTarget as HTMLElement).querySelectorAll("input");
      const [first, end] = [...inputs].map((input) => {
        const [year = 0, month = 1, date = 1] = input.value.split("-").map(Number);
        return input.value ? new Date(year, month - 1, date) : undefined;
      });
      if (!first || !end || end < first) return;
      this.#range = [
        first,
        new Date(end.getFullYear(), end.getMonth(), end.getDate() + 1),
      ];
      this.requestUpdate();
    };
    return html`<div class="row" @change=${change}>
      <label>${this.say("first_day")} <input type="date" .value=${day(from)} /></label>
      <label>${this.say("last_day")} <input type="date" .value=${day(last)} /></label>
    </div>`;
  }

  #list(hass: Hass, from: Date): TemplateResult {
    const sessions = this.#sessions;
    if (sessions === undefined) return html`<div class="blank" aria-busy="true"></div>`;
    if (this.#failed) return html`<p role="alert">${this.#failed}</p>`;
    if (sessions.length === 0)
      return html`<p>${this.say(
        this.#period === "month" ? "no_sessions_in" : "no_sessions",
        { month: format.month(hass, from) },
      )}</p>`;
    const counted = sessions.filter((session) => !session.doubtful);
    const sum = (of: "energy" | "cost") =>
      counted.reduce((all, session) => all + (session[of] ?? 0), 0);
    const costs = counted.some((session) => session.cost !== null);
    const shares = counted.filter((session) => typeof session.sun_share === "number");
    const sunny = shares.some((session) => session.sun_share);
    const of = shares.reduce((all, session) => all + (session.energy ?? 0), 0);
    const sun = shares.reduce(
      (all, session) => all + (session.energy ?? 0) * (session.sun_share ?? 0),
      0,
    );
    const currency = counted.find((session) => session.currency)?.currency;
    return html`<table>
        <caption class="hidden">${this.say("sessions")}</caption>
        <thead><tr>
          ${["start", "duration", "charger", "card"].map((key) => html`<th scope="col" class=${key}>${this.say(`column_${key}`)}</th>`)}
          <th scope="col" class="end">${this.say("column_energy")}</th>
          ${sunny ? html`<th scope="col" class="end">${this.say("sun")}</th>` : nothing}
          ${costs ? html`<th scope="col" class="end">${this.say("column_cost")}</th>` : nothing}
        </tr></thead>
        <tbody>${sessions.map((session) => this.#row(hass, session, costs, sunny))}</tbody>
        <tfoot><tr>
          <th scope="row" colspan="4">${this.say("sum", { count: counted.length })}</th>
          <td class="end">${format.energy(hass, sum("energy"), 2)}</td>
          ${sunny ? html`<td class="end">${of > 0 ? format.percent(hass, sun / of) : "–"}</td>` : nothing}
          ${costs ? html`<td class="end">${format.money(hass, sum("cost"), currency)}</td>` : nothing}
        </tr></tfoot>
      </table>
      ${counted.length < sessions.length ? html`<p class="secondary">${this.say("doubtful")}</p>` : nothing}
      <div class="row"><button @click=${() => this.#save(hass, sessions)}>
        <ha-icon aria-hidden="true" icon="mdi:download"></ha-icon> ${this.say("csv")}
      </button></div>`;
  }

  #row(hass: Hass, session: Session, costs: boolean, sunny: boolean): TemplateResult {
    const start = session.start ? new Date(session.start) : undefined;
    const minutes = session.duration;
    const lasts =
      minutes === null
        ? "–"
        : `${Math.floor(minutes / 60)}:${String(Math.round(minutes) % 60).padStart(2, "0")}`;
    return html`<tr class=${session.running ? "running" : ""}>
      <td class="start">${start ? `${format.date(hass, start)}, ${format.time(hass, start)}` : "–"}
        ${session.running ? html`<br />${this.say("running")}` : nothing}
        ${session.doubtful ? html`<br />${this.say("check")}` : nothing}</td>
      <td class="duration">${lasts}</td>
      <td class="charger">${session.charger}</td>
      <td class="card">${session.tag || "–"}</td>
      <td class="end">${session.energy === null ? "–" : format.energy(hass, session.energy, 2)}</td>
      ${sunny ? html`<td class="end sun">${typeof session.sun_share === "number" ? this.say("sun_share", { share: format.percent(hass, session.sun_share) }) : "–"}</td>` : nothing}
      ${
        costs
          ? html`<td class="end">${session.cost === null ? "–" : format.money(hass, session.cost, session.currency)}</td>`
          : nothing
      }
    </tr>`;
  }

  #save(hass: Hass, sessions: Session[]): void {
    const [from] = this.#span();
    const link = document.createElement("a");
    const comma = format.number(hass, 0.5, 1).includes(",");
    link.href = URL.createObjectURL(
      new Blob([csv(sessions, comma)], { type: "text/csv;charset=utf-8" }),
    );
    link.download = `sessions_${day(from)}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  static override styles: CSSResultGroup = [
    Card.styles,
    css`
      section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 16px; container-type: inline-size; }
      [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); }
      thead th { border-bottom: 1px solid var(--divider-color); }
      tfoot th, tfoot td { border-top: 1px solid var(--secondary-text-color); font-weight: 500; color: var(--primary-text-color); }
      .running { font-weight: 700; }
      label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
      @container (max-width: 560px) {
        thead { position: absolute; display: block; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        tbody tr { display: grid; grid-template-columns: 1fr auto; padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
        tbody td { padding: 2px 0; }
        .card { display: none; }
        .charger { grid-row: 2; grid-column: 1; }
        .start { grid-row: 1; grid-column: 1; }
        .duration { grid-row: 1; grid-column: 2; text-align: end; }
        tfoot tr { display: flex; gap: 8px; border-top: 1px solid var(--secondary-text-color); }
        tfoot th { flex: 1; }
        tfoot th, tfoot td { border: 0; padding-inline-end: 0; }
      }
    `,
  ];
}
