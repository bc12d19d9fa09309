/**
 * A first contract from what was observed. Only what recorded runs touched becomes a promise: a promise nobody relies on
 * costs freedom and buys nothing. The rest is a range where an envelope makes sense, else free.
 *
 * 1. A profile of enough sessions keeps the contract that was made of it: a quantile for which it has too few samples is not in there, and a
 *    class of latency is promised only where every session has it.
 */

import { levelOf } from '../comparison/levels.ts';
import { amountOf } from '../comparison/observed.ts';
import { type Contract, contractFormat } from '../document/contract.ts';
import { isOfClass, latencyClasses, latencyClassOf } from '../document/latency-class.ts';
import type { FieldTerm, LatencyTerm, Level, ToolTerm } from '../document/terms.ts';
import { type FieldSpec, fieldRegistry } from '../fields/index.ts';
import type { Observation, Profile } from '../profile/index.ts';
import { isUsable, type SessionRow, tableOf } from '../shift/sessions.ts';
import { quantile, showsQuantile } from '../statistics/describe.ts';
import { wilson } from '../statistics/proportions.ts';
import type { Usage } from '../usage/index.ts';

export interface InitialRequest {
  profile: Profile;
  /** `name/version`. */
  name: string;
  date: string;
  usage: Usage | null;
  /** Of a runtime that has none of ours, none. */
  tools: Record<string, ToolTerm>;
  /** How calls fail and how output is cut, where sandboxes are held to it; no probe shows it. */
  held: Pick<Contract, 'failures' | 'output'>;
}

export function initialContract({ profile, name, date, usage, tools, held }: InitialRequest): Contract {
  const observed = new Map(profile.observations.map((observation) => [observation.id, observation]));
  const terms = fieldRegistry.flatMap((spec): [string, FieldTerm][] => {
    const observation = observed.get(spec.id);
    const term = observation ? fieldTerm(spec, observation, wantedLevel(spec.id, usage)) : null;
    return term ? [[spec.id, term]] : [];
  });
  return {
    format: contractFormat,
    contract: name,
    date,
    summary: `What ${profile.target.title} showed in ${profile.sessions.length} sessions on ${profile.startedAt.slice(0, 10)}.`,
    fields: Object.fromEntries(terms),
    tools: Object.fromEntries(
      Object.entries(tools).filter(([tool]) => wantedLevel(`tools.${tool}`, usage) === 'promise'),
    ),
    latency: latencyTerms(profile, usage),
    failures: held.failures,
    ...(held.output ? { output: held.output } : {}),
  };
}

function wantedLevel(id: string, usage: Usage | null): Level {
  if (usage === null || usage.runs === 0) return id.includes('tools.') ? 'promise' : levelOf(id, null);
  if ((usage.touched[id] ?? 0) > 0) return 'promise';
  // What only identifies the machine would be an envelope of one value, which the next update breaks for nobody.
  return levelOf(id, null) === 'free' ? 'free' : 'range';
}

/** Null for what was not measured, and for what is free: a contract need not list it. */
function fieldTerm({ comparison }: FieldSpec, observation: Observation, level: Level): FieldTerm | null {
  if (level === 'free') return null;
  switch (observation.kind) {
    case 'unstable':
    case 'could-not-measure':
      return null;
    case 'set':
      return level === 'promise' ? { level, members: observation.members } : { level, only: observation.members };
    case 'list':
      return level === 'promise' ? { level, items: observation.items } : { level, only: observation.items };
    case 'template':
      return level === 'promise' ? { level, template: observation.template } : null;
    case 'value': {
      const amount = comparison === 'bound' ? amountOf(observation.value) : null;
      if (amount !== null) return { level, atLeast: Number.isFinite(amount) ? amount : 'unlimited' };
      return level === 'promise' ? { level, value: observation.value } : { level, oneOf: [observation.value] };
    }
  }
}

function latencyTerms(profile: Profile, usage: Usage | null): Record<string, LatencyTerm> {
  const entries = [...tableOf(profile, [])]
    .filter(([, rows]) => rows.some(isUsable))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(
    entries.map(([operation, rows]) => {
      const isTouched = usage !== null && (usage.touched[`latency.${operation}`] ?? 0) > 0;
      return [operation, latencyTerm(rows, isTouched)];
    }),
  );
}

function latencyTerm(rows: readonly SessionRow[], isTouched: boolean): LatencyTerm {
  const usable = rows.filter(isUsable);
  const okMs = usable.flatMap((row) => row.okMs);
  const medians = usable.map((row) => quantile(row.okMs, 0.5));
  const at = (share: number): number => quantile(okMs, share);
  const low = round(Math.min(at(0.5) / 2, ...medians));
  const high = round(Math.max(at(0.5) * 2, ...medians));
  // A class that some sessions do not have nobody can promise.
  const common = [latencyClassOf(at(0.5)), ...latencyClasses].find((name) =>
    medians.every((ms) => isOfClass(ms, name)),
  );
  const promised = isTouched ? common : undefined;
  const timeouts = rows.reduce((sum, row) => sum + row.timeouts, 0);
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  return {
    level: promised ? 'promise' : 'range',
    class: promised ?? latencyClassOf(high),
    floorMs: round(at(0) / 2),
    p50Ms: [low, high],
    ...(showsQuantile(okMs.length, 0.99) && { p99Ms: [low, round(at(0.99) * 3)] }),
    // None of n is no proof of none: the upper end of what it leaves open.
    timeoutProbability: Math.max(0.001, Number(wilson(timeouts, total).high.toPrecision(1))),
  };
}

/** Two digits are as many as people read, and more than a capture knows. */
function round(ms: number): number {
  return Number(ms.toPrecision(2));
}
