/** Moves the dates of a recorded response to today, all by as much, so that what was fresh when recorded is fresh now. */
import type { RawHeaders } from '../types.ts';

const dated = new Set(['date', 'expires', 'last-modified']);

export function shiftDates(headers: RawHeaders, byMs: number): RawHeaders {
  return headers.map((value, index) => {
    const name = index % 2 === 1 ? headers[index - 1]?.toLowerCase() : undefined;
    if (name === undefined) return value;
    if (dated.has(name)) return shift(value, byMs);
    if (name !== 'set-cookie') return value;
    return value.replace(/(;\s*expires=)([^;]*)/i, (_all, key: string, date: string) => key + shift(date, byMs));
  });
}

/** What is no date, such as `Expires: 0`, stays as it is. */
function shift(text: string, byMs: number): string {
  const time = /\d{4}|\d\d-\w{3}-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? text : new Date(time + byMs).toUTCString();
}
