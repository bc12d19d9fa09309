/**
 * Readings become observations.
 *
 * 1. A field whose readings all agree has a value; one whose readings differ is unstable and says what was seen.
 * 2. A field that a runtime could not be measured by in some readings, but was in others, is unstable too.
 * 3. A reading that was lost (no answer, a session that broke off) says nothing: it is counted beside those that agree, and
 *    only where there is no other does the field come to nothing, by the trouble that took it.
 * 4. Nothing of the order in which sessions came is left: the same readings give the same observations.
 */

import { canonicalJson } from '../../base/index.ts';
import type { FieldSpec } from '../fields/index.ts';
import { fieldRegistry } from '../fields/index.ts';
import { bounded, type Reading } from '../probes/reading.ts';
import { type Loss, type Message, mostReadings, type Observation, type Trouble } from '../profile/index.ts';

/** @param broke what ended sessions before their end; of fields that none came to, nothing else is known */
export function observe(passes: readonly (readonly Reading[])[], broke: readonly Trouble[] = []): Observation[] {
  const byField = new Map<string, Reading[]>();
  for (const reading of passes.flat()) byField.set(reading.field, [...(byField.get(reading.field) ?? []), reading]);
  // The way there before the runtime: in doubt nothing is said of it.
  const end = broke.find(({ side }) => side === 'harness') ?? broke[0];
  const unreached = { reason: 'no session came so far', ...(end && { trouble: { side: end.side, code: end.code } }) };
  return fieldRegistry.map((field) => observationOf(field, byField.get(field.id) ?? [], unreached));
}

interface Nothing {
  reason: string;
  trouble?: Loss;
}

function observationOf({ id, section }: FieldSpec, all: readonly Reading[], unreached: Nothing): Observation {
  const about = { id, section };
  const lost = all.flatMap(lossOf);
  const readings = all.filter((reading) => lossOf(reading).length === 0);
  const [first] = readings;
  if (first === undefined) return { ...about, kind: 'could-not-measure', ...(lost[0] ?? unreached) };
  const texts = new Set(readings.map(textOf));
  if (texts.size > 1 && !readings.every(({ kind }) => kind === 'could-not-measure'))
    return { ...about, kind: 'unstable', seen: mostFrequent(readings.map(textOf)) };
  const agreed = { ...about, readings: readings.length, ...(lost.length > 0 && { lost: lost.length }) };
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

function lossOf(reading: Reading): Nothing[] {
  if (reading.kind !== 'could-not-measure' || reading.lost === undefined) return [];
  return [{ reason: reading.reason, trouble: reading.lost }];
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
