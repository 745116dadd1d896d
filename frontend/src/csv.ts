/** Sessions as a table for spreadsheets, and for an employer who refunds them. */

export interface Session {
  start: string | null;
  end: string | null;
  duration: number | null;
  charger: string;
  tag: string;
  energy: number | null;
  cost: number | null;
  currency: string | null;
  price: number | null;
  meter_start: number | null;
  meter_end: number | null;
  sun_share?: number | null;
  reason: string | null;
  running: boolean;
  doubtful: boolean;
  id: number | string;
}

const COLUMNS = [
  "start",
  "end",
  "duration",
  "charger",
  "tag",
  "energy",
  "cost",
  "currency",
  "price",
  "sun_share",
  "meter_start",
  "meter_end",
  "reason",
  "id",
] as const;
const THREE = ["energy", "meter_start", "meter_end"];
/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** Write sessions with a byte order mark; `;` where the comma is the decimal sign. */
export const csv = (sessions: Session[], comma: boolean): string => {
  const separator = comma ? ";" : ",";
  const cell = (key: string, value: unknown): string => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number" && key !== "id") {
      const said = THREE.includes(key) ? value.toFixed(3) : String(value);
      return comma ? said.replace(".", ",") : said;
    }
    const text = String(value);
    const safe = FORMULA.test(text) ? `'${text}` : text;
    return /[",;\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const rows = sessions.map((session) =>
    COLUMNS.map((key) => cell(key, session[key])).join(separator),
  );
  return `\ufeff${[COLUMNS.join(separator), ...rows].join("\r\n")}\r\n`;
};
