/** What `replay --with` and `fork --step --with` change, from their words. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { HoldfastError } from '../schema/error-class.ts';
import type { ForkRecording, NormaliserName, Replay } from '../schema/index.ts';
import { loadContract } from './contract-files.ts';
import { loadPlan } from './fault-files.ts';
import type { Io } from './io.ts';
import { defined } from './sandbox-options.ts';
import { chosen } from './values.ts';
import { loadSetting } from './world-files.ts';

export interface Changes {
  contracts: { name: string; text: string }[];
  faults: 'on' | 'off';
  toolResults: Record<string, unknown>;
  environment: Record<string, string>;
  /** A world's text. */
  world: string | null;
  clock: 'host' | 'recorded';
  /** What of a file that was named is not taken, in words. */
  notes: string[];
}

/** Of a fork at a step, from there on. */
type ForkChanges = NonNullable<ForkRecording['with']>;

/** @throws HoldfastError `invalid-argument` that names the word and what would be right */
export async function readForkWith(words: readonly string[], { directory }: Io): Promise<ForkChanges> {
  const toolResults: Record<string, unknown> = {};
  const environment: Record<string, string> = {};
  const changes: ForkChanges = {};
  for (const word of words) {
    const { what, value, key, rest } = partsOf(word);
    if (what === 'contract') changes.contract = (await loadContract(value, { directory })).text;
    else if (what === 'faults')
      changes.faults = value === 'off' ? value : { plan: await loadPlan(value, { directory }), episode: {} };
    else if (what === 'network') changes.network = chosen('--with network', value, ['live', 'taped', 'none'] as const);
    else if (what === 'tool-result' && isStep(key)) toolResults[key] = jsonOf(rest, () => wrongForkWord(word));
    else if (what === 'environment' && key !== '') environment[key] = rest;
    else throw wrongForkWord(word);
  }
  return {
    ...changes,
    ...(Object.keys(toolResults).length > 0 ? { toolResults } : {}),
    ...(Object.keys(environment).length > 0 ? { environment } : {}),
  };
}

function partsOf(word: string): { what: string; value: string; key: string; rest: string } {
  const [, what = '', value = ''] = /^([a-z-]+)=([\s\S]+)$/.exec(word) ?? [];
  const [, key = '', rest = ''] = /^([^:]+):([\s\S]*)$/.exec(value) ?? [];
  return { what, value, key, rest };
}

const isStep = (word: string): boolean => /^[1-9]\d*$/.test(word);

/** @throws HoldfastError `invalid-argument` that names the word and what would be right */
export async function readWith(words: readonly string[], io: Io): Promise<Changes> {
  const changes = unchanged();
  for (const word of words) {
    const { what, value, key, rest } = partsOf(word);
    if (what === 'contract') {
      const { text } = await loadContract(value, { directory: io.directory });
      changes.contracts.push({ name: value, text });
    } else if (what === 'faults') changes.faults = chosen('--with faults', value, ['on', 'off'] as const);
    else if (what === 'clock') changes.clock = chosen('--with clock', value, ['host', 'recorded'] as const);
    else if (what === 'world') await takeWorld(changes, value, io);
    else if (what === 'tool-result' && isStep(key)) changes.toolResults[key] = jsonOf(rest, () => wrongWord(word));
    else if (what === 'environment' && key !== '') changes.environment[key] = rest;
    else throw wrongWord(word);
  }
  return changes;
}

const unchanged = (): Changes => ({
  contracts: [],
  faults: 'on',
  toolResults: {},
  environment: {},
  world: null,
  clock: 'host',
  notes: [],
});

async function takeWorld(changes: Changes, file: string, io: Io): Promise<void> {
  const { formatWorld } = await import('../worlds/index.ts');
  const { world, contract, faults } = await loadSetting(file, io);
  changes.world = formatWorld(world);
  const left = [...(contract === null ? [] : ['contract']), ...(faults === null ? [] : ['faults'])];
  if (left.length === 0) return;
  changes.notes.push(`of ${file} only the world is taken, not its ${left.join(' and ')}: --with says both for itself`);
}

interface ReplayOptions {
  level: string | undefined;
  from: number | undefined;
  until: number | undefined;
  overlook: string[];
  answersOnly: boolean;
}

/**
 * A test's file as it is run. It has its own steps, and nothing of it is compared: what is about those is refused.
 *
 * @throws HoldfastError `invalid-argument`
 */
export async function testOf(
  file: string,
  options: ReplayOptions,
  { contracts, ...changes }: Changes,
): Promise<AsyncIterable<Uint8Array>> {
  const { level, from, until, overlook, answersOnly } = options;
  const unfit = [
    ...(level === undefined ? [] : ['--level']),
    ...(from === undefined ? [] : ['--from']),
    ...(until === undefined ? [] : ['--until']),
    ...(overlook.length === 0 ? [] : ['--overlook']),
    ...(answersOnly ? ['--answers-only'] : []),
    ...(isDeepStrictEqual({ ...changes, contracts: [] }, unchanged()) ? [] : ['--with of anything but a contract']),
    ...(contracts.length > 1 ? ['more than one contract'] : []),
  ];
  if (unfit.length > 0)
    throw new HoldfastError('invalid-argument', `a test's file does not go with ${unfit.join(', ')}`, {
      hint: 'A test has its own steps and its own end. Replay the recording it was made of.',
    });
  const [contract] = contracts;
  return contract ? once(await withContract(file, contract.text)) : createReadStream(file);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** What is no test is refused by who runs it. */
async function withContract(file: string, text: string): Promise<Uint8Array> {
  const { parseContract } = await import('../contract/index.ts');
  const test = parsed(await readFile(file, 'utf8'));
  const base = isObject(test) && isObject(test['base']) ? test['base'] : {};
  const held = {
    ...(isObject(test) ? test : {}),
    base: { ...base, contract: parseContract(text, 'the contract').value },
  };
  return Buffer.from(JSON.stringify(held));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function replayInput(options: ReplayOptions, changes: Changes, contract: { text: string } | null): Replay {
  const { toolResults, environment, faults, world, clock } = changes;
  const level =
    options.level === undefined ? undefined : chosen('--level', options.level, ['L0', 'L1', 'L2', 'L3'] as const);
  const more = options.overlook.map((word) => chosen('--overlook', word, names));
  return {
    ...defined('level', level),
    ...defined('from', options.from),
    ...defined('until', options.until),
    ...(more.length === 0 ? {} : { normalisers: [...usual, ...more] }),
    files: !options.answersOnly,
    with: {
      faults,
      ...(world === null ? {} : { world }),
      ...(clock === 'host' ? {} : { clock }),
      ...(contract ? { contract: contract.text } : {}),
      ...(Object.keys(toolResults).length > 0 ? { toolResults } : {}),
      ...(Object.keys(environment).length > 0 ? { environment } : {}),
    },
  };
}

/** As schema/recording.ts has them, which would load zod. A test compares. */
export const usual: readonly NormaliserName[] = [
  'ids',
  'uuids',
  'times',
  'durations',
  'commits',
  'addresses',
  'paths',
  'ports',
  'pids',
];
const names: readonly NormaliserName[] = [...usual, 'hashes', 'numbers', 'order', 'whitespace'];

function jsonOf(text: string, wrong: () => HoldfastError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong();
  }
}

function wrongForkWord(word: string): HoldfastError {
  return new HoldfastError('invalid-argument', `--with does not take "${word}" at a fork`, {
    hint: 'It takes contract=FILE, faults=PLAN or off, tool-result=STEP:JSON, environment=NAME:VALUE, network=live, taped or none.',
  });
}

function wrongWord(word: string): HoldfastError {
  return new HoldfastError('invalid-argument', `--with does not take "${word}"`, {
    hint: 'It takes contract=FILE, faults=on or off, tool-result=STEP:JSON, environment=NAME:VALUE, world=FILE and clock=recorded.',
  });
}
