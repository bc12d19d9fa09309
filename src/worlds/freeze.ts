/** Makes a world of a sandbox as it is now, and of the tape of what it or another one said to the network. */
import { type Clock, isoTime } from '../base/index.ts';
import { HoldfastError, type HoldfastService, type Sandbox, type TapeInfo } from '../schema/index.ts';
import { type World, type WorldInput, worldFormat, worldSchema } from './manifest.ts';

export interface Freezing {
  sandbox: string;
  /** A tape's id or name; null for a world without a network. */
  tape: string | null;
  name?: string;
  /** Where the clock stands still; null leaves it the machine's. */
  clockAt: string | null;
  /** For chance; null leaves it the kernel's. */
  seed: number | null;
  /** Variables that are written as they are although their values look like secrets. */
  keepEnvironment?: readonly string[];
  /** Hears of each variable in whose place a token is written. */
  onToken?(name: string): void;
}

export async function freezeWorld(service: HoldfastService, freezing: Freezing, clock: Clock): Promise<World> {
  const { sandbox, tape: wanted, name, clockAt, seed } = freezing;
  const from = await service.getSandbox(sandbox);
  const tape = wanted === null ? null : await closedTape(service, wanted);
  const snapshot = await service.createSnapshot(sandbox, {});
  // The digest comes a moment after the snapshot: reading it whole is how it is sure.
  const { id, digest } = await service.verifySnapshot(snapshot.id);
  if (digest === null) throw new HoldfastError('internal', `the snapshot ${id} has no digest although it was verified`);
  const world: WorldInput = {
    format: worldFormat,
    ...(name === undefined ? {} : { name }),
    frozenAt: isoTime(clock.nowMs()),
    snapshot: { id, digest },
    isolation: from.isolation,
    user: from.user,
    limits: from.limits,
    environment: await withoutSecrets(service, from, freezing),
    ...(tape ? await taped(service, tape) : {}),
    clock: clockAt === null ? 'host' : { at: clockAt },
    entropy: seed === null ? 'host' : { seed },
  };
  return worldSchema.parse(world);
}

/** A world is made to be passed on. Its tokens are those of its tape, where that was recorded with a recording. */
async function withoutSecrets(
  service: HoldfastService,
  { id, environment }: Sandbox,
  { keepEnvironment = [], onToken = () => undefined }: Freezing,
): Promise<Record<string, string>> {
  const unknown = keepEnvironment.find((name) => !(name in environment));
  if (unknown !== undefined)
    throw new HoldfastError('invalid-argument', `the sandbox has no variable ${unknown} that could be kept`);
  const tokens = Object.entries(await service.environmentTokens(id)).filter(
    ([name]) => !keepEnvironment.includes(name),
  );
  for (const [name] of tokens) onToken(name);
  return { ...environment, ...Object.fromEntries(tokens) };
}

const taped = async (
  service: HoldfastService,
  { id, exchanges, root, createdAt, presets }: TapeInfo,
): Promise<Pick<WorldInput, 'tape' | 'zone' | 'packagesAsOf' | 'presets'>> => ({
  tape: { id, exchanges, ...(root === null ? {} : { root }) },
  zone: await namesOf(service, id),
  packagesAsOf: createdAt,
  ...(presets.length === 0 ? {} : { presets }),
});

async function closedTape(service: HoldfastService, ref: string): Promise<TapeInfo> {
  const tapes = await service.listTapes();
  const tape = tapes.find(({ id }) => id === ref) ?? tapes.findLast(({ name }) => name === ref);
  if (!tape)
    throw new HoldfastError('not-found', `there is no tape ${JSON.stringify(ref)}`, { hint: 'See: holdfast tape ls' });
  if (!tape.open && tape.root === null)
    throw new HoldfastError('wrong-state', `the tape ${tape.id} was never closed: nothing says what it holds`, {
      hint: 'The next start of the daemon closes it.',
    });
  if (!tape.open) return tape;
  throw new HoldfastError('wrong-state', `the tape ${tape.id} is still being recorded`, {
    hint: `End its sandbox, or give it another network: holdfast net set ${tape.sandbox ?? 'box'} --network none`,
  });
}

/** In a HAR a text inside a body has its quotes escaped: only an entry's own URL looks like this. */
const urlOfEntry = /"url":\s?"(https?):\/\/(?:[^/@"\\]*@)?(\[[^\]]+\]|[^/:?#"\\]+)(?::(\d{1,5}))?/g;
const longestUrl = 16_384;

async function namesOf(service: HoldfastService, tape: string): Promise<World['zone']> {
  const ports = new Map<string, Set<number>>();
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of await service.exportTape(tape)) {
    rest += decoder.decode(piece, { stream: true });
    for (const [, scheme = '', host = '', port] of rest.matchAll(urlOfEntry)) {
      const key = `${scheme} ${host.toLowerCase()}`;
      const known = ports.get(key) ?? new Set();
      ports.set(key, known.add(port === undefined ? usualPorts[scheme as keyof typeof usualPorts] : Number(port)));
    }
    rest = rest.slice(-longestUrl);
  }
  return [...ports]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, numbers]) => {
      const [scheme = '', host = ''] = key.split(' ');
      return { host, protocol: scheme === 'http' ? 'http' : 'https', ports: [...numbers].sort((a, b) => a - b) };
    });
}

/** The expression matches no other scheme. */
const usualPorts = { http: 80, https: 443 } as const;
