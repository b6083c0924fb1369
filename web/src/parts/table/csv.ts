// Rows as a CSV file that spreadsheets open safely.
//
// The one idea: a text that a spreadsheet would take for a formula is told apart by an apostrophe, and
// a plain number never is, so that negative numbers stay numbers.

const FORMULA = /^[\t\r\n ]*[=+\-@]/;
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** One field: neutralised, and quoted where it has to be (RFC 4180). */
export function csvField(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvText(rows: Iterable<readonly (string | number | null | undefined)[]>): string {
  return Array.from(rows, (row) => row.map(csvField).join(",") + "\r\n").join("");
}

/** Hands the browser a file; the mark in front tells spreadsheets that it is UTF-8. */
export function saveCsv(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")}.csv`;
  link.click();
  // The browser has taken the file by then; Safari wants the address a moment longer.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
