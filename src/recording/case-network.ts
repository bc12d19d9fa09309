/**
 * The network of a test: the policy it was recorded under, and those exchanges of its tape that the test's steps need. They are all
 * there is: nothing is sent, and what none of them answers is a miss, which is how that run then ends.
 *
 * 1. It needs nothing of the home that it was made in: no tape, no secret, no configuration of a package manager.
 * 2. A run has its answers from the test alone; the tape they are laid out as is gone with it.
 */
import { z } from 'zod';
import { type CarriedTape, carriedRuleSchema, carriedTapeSchema, withoutSending } from '../network/index.ts';
import {
  HoldfastError,
  type Network,
  type NetworkInput,
  type NetworkPolicy,
  networkPolicySchema,
  tapeRulesSchema,
} from '../schema/index.ts';

/** How a run ends whose request nothing answers, whatever the predicate says: it would say it of another world. */
export const missClass = 'net-miss';

export const caseNetworkSchema = z.strictObject({
  policy: networkPolicySchema
    .omit({ tape: true, secrets: true, source: true })
    .extend({ allow: z.array(carriedRuleSchema).max(1024).default([]) }),
  /** How the tape is played where it is not played as it is. */
  play: z.strictObject({
    rules: tapeRulesSchema.exactOptional(),
    refreshDates: z.boolean().exactOptional(),
    at: z.iso.datetime().exactOptional(),
  }),
  tape: carriedTapeSchema,
});
export type CaseNetwork = z.output<typeof caseNetworkSchema>;

/** What a sandbox has been answered by its tape. */
export interface CasePlay {
  /** Numbers of exchanges. */
  served: readonly number[];
  misses: number;
  /** In words. */
  missed: readonly string[];
}

/** Tapes of this home, as a test comes to one and goes from it. */
export interface CaseTapes {
  /** @throws HoldfastError `file-too-large` */
  carry(tape: string, numbers: ReadonlySet<number>): Promise<CarriedTape>;
  /** Answers the id by which it is played. */
  lend(tape: CarriedTape): Promise<string>;
  giveBack(id: string): Promise<void>;
  /** @throws HoldfastError `busy` where nobody knows: its gateway is gone */
  played(sandbox: string): Promise<CasePlay>;
}

/** Nothing of a tape yet. */
const nothingCarried: CarriedTape = {
  rules: { headers: [], hosts: [] },
  presets: [],
  exchanges: [],
  frames: [],
  blobs: {},
};

/**
 * Of a sandbox that was recorded.
 *
 * @param taped what it recorded to
 * @returns the network, without any exchange, and the tape of this home that has them; null where there was none
 */
export function networkOfCase(network: Network, taped: string | null): { network: CaseNetwork; tape: string } | null {
  if (network === 'none') return null;
  const { tape: how, secrets: _, source: __, allow, ...policy } = network;
  const played = how?.mode === 'replay' ? how : null;
  const tape = played?.tape ?? taped;
  if (tape === null) return null;
  const play = played ? defined({ rules: played.rules, refreshDates: played.refreshDates, at: played.at }) : {};
  return { network: { policy: { ...policy, allow: allow.map(withoutSending) }, play, tape: nothingCarried }, tape };
}

/** Words for the variables that held placeholders: the secrets themselves are never needed where nothing is sent. */
export function standIns({ secrets }: Pick<NetworkPolicy, 'secrets'>): Record<string, string> {
  return Object.fromEntries(secrets.map(({ environment, secret }) => [environment, `stand-in-for-${secret}`]));
}

/** Answered by the tape with this id alone. */
export const playing = ({ policy, play }: CaseNetwork, tape: string): NetworkInput => ({
  ...policy,
  tape: { mode: 'replay', tape, ...play },
});

/** Does the work with an id by which the test's own exchanges are played; null for a test without a network. */
export async function withOwnTape<T>(
  tapes: CaseTapes,
  network: CaseNetwork | undefined,
  work: (tape: string | null) => Promise<T>,
): Promise<T> {
  if (!network) return work(null);
  const tape = await tapes.lend(network.tape);
  try {
    return await work(tape);
  } finally {
    await tapes.giveBack(tape);
  }
}

/** Of so many answered exchanges those that may be one too many: asked for again, the last of a GET's answers comes again. */
export function spareable({ exchanges }: CarriedTape): number[] {
  const byRequest = new Map<string, number[]>();
  for (const { number, request } of exchanges) {
    const { method, scheme, host, port, target } = request;
    if (method !== 'GET' && method !== 'HEAD') continue;
    const key = `${method} ${scheme} ${host} ${port} ${target.split('?', 1)[0]}`;
    byRequest.set(key, [...(byRequest.get(key) ?? []), number]);
  }
  return [...byRequest.values()].filter((numbers) => numbers.length > 1).flat();
}

export function unanswered({ misses, missed }: CasePlay): HoldfastError {
  const shown = missed.slice(0, 3).join(' ');
  return new HoldfastError(
    'invalid-argument',
    `the recording’s tape does not answer ${misses} ${misses === 1 ? 'request' : 'requests'} of the test: ${shown}`,
    {
      hint: 'A test is answered by nothing else. A predicate that needs fewer steps may do without them; a request with something made up by chance in it is on no tape.',
      details: { misses, missed: [...missed] },
    },
  );
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };
function defined<T extends Record<string, unknown>>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
