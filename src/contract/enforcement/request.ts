/**
 * What a create asks for against what its contract promises, before anything exists: by arithmetic alone, so that
 * `holdfast check` gives the same answer without a daemon. What only shows inside a sandbox is asserted by `first-exec.ts`.
 *
 * 1. Only what cannot come out otherwise is refused: a ceiling below what is promised, never one that may be enough.
 */
import { HoldfastError, type Limits, proxyVariables } from '../../schema/index.ts';
import { observe } from '../capture/observe.ts';
import { lowOf, meets, wordsOf } from '../comparison/terms.ts';
import type { Contract } from '../document/contract.ts';
import type { FieldTerm } from '../document/terms.ts';
import { fieldOf } from '../fields/index.ts';
import { listReading, type Reading, setReading, valueReading } from '../probes/reading.ts';
import { fieldsOfVariables, type OwnVariables, variablesAsked } from './asked-variables.ts';
import { cannotHold } from './enforcement.ts';

/** The part of a create that decides a field before there is a sandbox. */
export interface Asked extends OwnVariables {
  /** Null where it is decided elsewhere. */
  lifetimeMs: number | null;
  limits: Limits;
  /** A policy lets it reach something. */
  hasNetwork: boolean;
}

export interface Contradiction {
  field: string;
  /** What was asked for, as a create spells it; `isolation` where no create could ask for it. */
  path: readonly string[];
  /** In words: what it would be, and what is promised. */
  problem: string;
}

interface Rule {
  field: string;
  path: readonly string[];
  /** What a sandbox would show. */
  reading?: (asked: Asked) => string | readonly string[] | null;
  /** What it could show at most. */
  ceiling?: (asked: Asked) => number | null;
  /** Of an amount. */
  unit?: string;
}

const mebibyte = 1024 * 1024;
/** As many as the probe tries to start. */
const mostTried = 64;

const limit =
  (name: keyof Limits, times = 1) =>
  ({ limits }: Asked): number | null => {
    const value = limits[name];
    return value === undefined ? null : Math.floor(value * times);
  };

const rules: readonly Rule[] = [
  {
    field: 'lifecycle.lifetime',
    path: ['lifetimeMs'],
    reading: ({ lifetimeMs }) => (lifetimeMs === null ? null : String(Math.floor(lifetimeMs / 1000))),
    unit: 's',
  },
  { field: 'resources.open-files', path: ['limits', 'openFiles'], ceiling: limit('openFiles') },
  { field: 'resources.open-files-hard', path: ['limits', 'openFiles'], ceiling: limit('openFiles') },
  { field: 'resources.processes-ceiling', path: ['limits', 'processes'], ceiling: limit('processes') },
  {
    field: 'resources.processes-startable',
    path: ['limits', 'processes'],
    ceiling: ({ limits }) => (limits.processes === undefined ? null : Math.min(mostTried, limits.processes)),
  },
  {
    field: 'resources.memory-ceiling',
    path: ['limits', 'memoryBytes'],
    ceiling: limit('memoryBytes', 1 / mebibyte),
    unit: 'MiB',
  },
  {
    field: 'resources.cpu-ceiling',
    path: ['limits', 'cpus'],
    ceiling: limit('cpus', 1000),
    unit: 'thousandths of a CPU',
  },
  // Of an ordinary user nothing was asked.
  { field: 'identity.user', path: ['user'], reading: ({ user }) => (user === 'root' ? user : null) },
  // Both lie on the sandbox's own disk.
  { field: 'filesystem.space', path: ['limits', 'diskBytes'], ceiling: limit('diskBytes', 1 / mebibyte), unit: 'MiB' },
  {
    field: 'filesystem.temporary-space',
    path: ['limits', 'diskBytes'],
    ceiling: limit('diskBytes', 1 / mebibyte),
    unit: 'MiB',
  },
  // Without a network nothing is known: a variable may be given by hand.
  { field: 'environment.proxy', path: ['network'], reading: ({ hasNetwork }) => (hasNetwork ? proxyVariables : null) },
  // What our substrates keep, whichever it is: a snapshot holds files, a pause keeps all.
  { field: 'snapshot.files', path: ['isolation'], reading: () => 'kept' },
  { field: 'snapshot.processes', path: ['isolation'], reading: () => 'are gone' },
  { field: 'snapshot.isolated', path: ['isolation'], reading: () => 'yes' },
  { field: 'lifecycle.suspend', path: ['isolation'], reading: () => 'files and processes' },
];

/** Fields that are decided by what is asked for, without a look inside. */
export const decidedByRequest: readonly string[] = [...rules.map(({ field }) => field), ...fieldsOfVariables];

export function contradictionsOf(contract: Contract, asked: Asked): Contradiction[] {
  const variables = variablesAsked(contract, asked).map(
    ({ reading, ...rule }): Rule => ({ ...rule, reading: () => reading }),
  );
  return [...rules, ...variables].flatMap((rule) => {
    const term = contract.fields[rule.field];
    const problem = term === undefined || term.level === 'free' ? null : problemOf(rule, term, asked);
    return problem === null ? [] : [{ field: rule.field, path: rule.path, problem }];
  });
}

/** @throws HoldfastError that names the field: `invalid-argument`, or `capability-missing` for what nobody could ask for */
export function refuseRequest(contract: Contract, asked: Asked): void {
  const [first] = contradictionsOf(contract, asked);
  if (!first) return;
  const { field, path, problem } = first;
  if (path[0] === 'isolation') throw cannotHold(field, problem);
  const place = path.join('.');
  throw new HoldfastError('invalid-argument', `${place} contradicts ${contract.contract}: ${field}: ${problem}`, {
    hint: 'Ask for what the contract promises, or name a contract that promises less.',
    details: { field, argument: place },
  });
}

function problemOf({ field, reading, ceiling, unit }: Rule, term: FieldTerm, asked: Asked): string | null {
  const inUnit = (amount: string): string => (unit === undefined ? amount : `${amount} ${unit}`);
  const most = ceiling?.(asked) ?? null;
  if (most !== null)
    return lowOf(term) > most ? `it is ${inUnit(`${most}`)} at most, and ${wordsOf(term)} is promised` : null;
  const would = reading?.(asked) ?? null;
  if (would === null) return null;
  const observation = observe([[shown(field, would)]]).find(({ id }) => id === field);
  if (!observation) return null;
  const { met, wanted, got } = meets(term, observation);
  return met ? null : `it is ${got ? inUnit(got) : 'nothing'}, and ${wanted} is promised`;
}

function shown(field: string, would: string | readonly string[]): Reading {
  if (typeof would === 'string') return valueReading(field, would);
  return fieldOf(field)?.comparison === 'order' ? listReading(field, would) : setReading(field, would);
}
