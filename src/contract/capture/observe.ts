/**
 * Readings become observations.
 *
 * 1. A field whose readings all agree has a value; one whose readings differ is unstable and says what was seen.
 * 2. A field that could not be measured in some readings, but was in others, is unstable too.
 * 3. Nothing of the order in which sessions came is left: the same readings give the same observations.
 */

import { canonicalJson } from '../../base/index.ts';
import type { FieldSpec } from '../fields/index.ts';
import { fieldRegistry } from '../fields/index.ts';
import { bounded, type Reading } from '../probes/reading.ts';
import { type Message, mostReadings, type Observation } from '../profile/index.ts';

export function observe(passes: readonly (readonly Reading[])[]): Observation[] {
  const byField = new Map<string, Reading[]>();
  for (const reading of passes.flat()) byField.set(reading.field, [...(byField.get(reading.field) ?? []), reading]);
  return fieldRegistry.map((field) => observationOf(field, byField.get(field.id) ?? []));
}

function observationOf({ id, section }: FieldSpec, readings: readonly Reading[]): Observation {
  const about = { id, section };
  const [first] = readings;
  if (first === undefined) return { ...about, kind: 'could-not-measure', reason: 'no session came so far' };
  const all = new Set(readings.map(textOf));
  if (all.size > 1 && !readings.every(({ kind }) => kind === 'could-not-measure'))
    return { ...about, kind: 'unstable', seen: mostFrequent(readings.map(textOf)) };
  const agreed = { ...about, readings: readings.length };
  switch (first.kind) {
    case 'value':
      return { ...agreed, kind: 'value', value: first.value };
    case 'set':
      return { ...agreed, kind: 'set', members: first.members };
    case 'list':
      return { ...agreed, kind: 'list', items: first.items };
    case 'template':
      return { ...agreed, kind: 'template', template: first.template };
    case 'could-not-measure':
      return { ...about, kind: 'could-not-measure', reason: first.reason };
  }
}

function textOf(reading: Reading): string {
  switch (reading.kind) {
    case 'value':
      return reading.value;
    case 'set':
      return canonicalJson(reading.members);
    case 'list':
      return canonicalJson(reading.items);
    case 'template':
      return reading.template;
    case 'could-not-measure':
      return `could not measure: ${reading.reason}`;
  }
}

function mostFrequent(texts: readonly string[]): { reading: string; times: number }[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1))
    .slice(0, mostReadings)
    .map(([reading, times]) => ({ reading: bounded(reading), times }));
}

/** Every message that was seen, also of unstable fields, by operation. */
export function messagesOf(passes: readonly (readonly Reading[])[]): Message[] {
  const counts = new Map<string, Message>();
  for (const reading of passes.flat()) {
    if (reading.kind !== 'template') continue;
    const { field: operation, exitClass, template } = reading;
    const key = canonicalJson([operation, exitClass, template]);
    const known = counts.get(key) ?? { operation, exitClass, template, times: 0 };
    counts.set(key, { ...known, times: known.times + 1 });
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, message]) => message);
}
