/** One answer of one probe, before readings of many sessions become an observation. */
import { type ExitClass, type Loss, longestValue, mostMembers } from '../profile/index.ts';
import { maskVolatile } from './normalisers.ts';

export type Reading =
  | { field: string; kind: 'value'; value: string }
  | { field: string; kind: 'set'; members: string[] }
  | { field: string; kind: 'list'; items: string[] }
  | { field: string; kind: 'template'; template: string; exitClass: ExitClass }
  | {
      field: string;
      kind: 'could-not-measure';
      reason: string;
      /** Absent where it is the runtime's own answer that there is nothing to measure. */
      lost?: Loss;
    };

export const valueReading = (field: string, value: string): Reading => ({
  field,
  kind: 'value',
  value: bounded(value),
});

export function setReading(field: string, members: readonly string[]): Reading {
  const some = [...new Set(members.filter((member) => member !== '').map(bounded))].sort(byCodeUnit);
  return { field, kind: 'set', members: some.slice(0, mostMembers) };
}

export const listReading = (field: string, items: readonly string[]): Reading => ({
  field,
  kind: 'list',
  items: items.slice(0, mostMembers).map(bounded),
});

/** @param text begins with `exit N: ` where the status is known */
export const templateReading = (field: string, text: string): Reading => ({
  field,
  kind: 'template',
  template: bounded(maskVolatile(text)),
  exitClass: exitClassOf(text),
});

export const unmeasured = (field: string, reason: string, lost?: Loss): Reading => ({
  field,
  kind: 'could-not-measure',
  reason: bounded(maskVolatile(reason)),
  ...(lost && { lost }),
});

/** In the order of the registry. */
export function inOrder(readings: readonly Reading[], registry: readonly { id: string }[]): Reading[] {
  const rank = new Map(registry.map(({ id }, at) => [id, at]));
  return [...readings].sort((a, b) => (rank.get(a.field) ?? 0) - (rank.get(b.field) ?? 0));
}

/** Cut with `…`, without half a character and without what would steer a terminal or hide text. */
export function bounded(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a profile.
  const clean = text.toWellFormed().replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
  return clean.length <= longestValue ? clean : `${clean.slice(0, longestValue).toWellFormed()}…`;
}

function exitClassOf(text: string): ExitClass {
  const [, digits] = /^exit (\d{1,3}):/.exec(text) ?? [];
  if (digits === undefined)
    return /^timed out/.test(text) ? 'timed-out' : /^signal /.test(text) ? 'signalled' : 'error';
  const code = Number(digits);
  if (code === 0) return 'ok';
  if (code === 126) return 'not-executable';
  if (code === 127) return 'not-found';
  return code > 128 && code < 192 ? 'signalled' : 'failed';
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
