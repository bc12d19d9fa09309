/**
 * Every kind of fault: what it does, whether it really happens, which calls it can hit, and its part of the dial. The one
 * table that plans, `faults list` and the documents are made of.
 */
import type { FaultFamily, FaultKind, FaultLabel, FaultMeans } from '../schema/index.ts';

export type Channel = FaultLabel['channel'];

export interface KindFacts {
  readonly means: FaultMeans;
  readonly channel: Channel;
  /** Of the calls of the door: those that start a program, those whose output comes with the answer, those about files, all. */
  readonly hits: 'programs' | 'output' | 'files' | 'answers' | 'all';
  /** Its part of the dial; what nobody measured yet. */
  readonly weight: number;
  /** What the agent meets, in a few words. */
  readonly meets: string;
  /** How it comes about. */
  readonly how: string;
}

const call = (hits: KindFacts['hits'], means: FaultMeans, weight: number, meets: string, how: string): KindFacts => ({
  means,
  channel: 'call',
  hits,
  weight,
  meets,
  how,
});
const net = (channel: Channel, weight: number, meets: string, how: string): KindFacts => ({
  means: 'physical',
  channel,
  hits: 'all',
  weight,
  meets,
  how,
});

export const kindFacts: Readonly<Record<FaultKind, KindFacts>> = {
  'exec.timeout-early': call(
    'programs',
    'physical',
    6,
    'a command that ends at a part of its time limit',
    'the program stops before it begins, or after `afterMs`, and the agent inside ends it at the shorter limit',
  ),
  'exec.hang': call(
    'programs',
    'physical',
    4,
    'a command that does not go on',
    'the program stands still in SIGSTOP, before it begins or after `afterMs`; it goes on after `mostMs`',
  ),
  'exec.signal': call(
    'programs',
    'physical',
    3,
    'a command ended by a signal',
    'the program gets the signal, before it begins or after `afterMs`',
  ),
  'exec.slow-start': call('programs', 'physical', 2, 'a command that starts late', 'it is started after the delay'),
  'exec.truncate': call('output', 'physical', 3, 'output cut short', 'bytes are dropped and counted as cut'),
  'exec.garble': call('output', 'physical', 2, 'output with broken bytes', 'bytes of the output are replaced'),

  'tool.error': call('all', 'synthetic', 10, 'an error', 'the door answers with the error; nothing is executed'),
  'tool.rate-limited': call('all', 'synthetic', 7, 'too many calls, try again later', 'as tool.error'),
  'tool.unavailable': call('all', 'synthetic', 5, 'a service that is not available', 'as tool.error'),
  'tool.auth-expired': call('all', 'synthetic', 3, 'credentials that are over', 'as tool.error'),
  'tool.empty': call(
    'answers',
    'synthetic',
    6,
    'an answer with nothing in it',
    'the call is executed, its answer emptied',
  ),
  'tool.partial': call('answers', 'synthetic', 5, 'a part of the answer', 'the call is executed, its answer shortened'),
  'tool.stale': call(
    'answers',
    'synthetic',
    4,
    'what an earlier call answered',
    'the call is executed, the old answer given',
  ),
  'tool.duplicate': call('all', 'physical', 2, 'an effect that comes twice', 'the call is executed two times'),
  'tool.lost-acknowledgement': call(
    'all',
    'physical',
    3,
    'an error, and yet it was done',
    'executed, then reported failed',
  ),

  'network.no-name': net('lookup', 2, 'a host that has no address', 'the resolver answers NXDOMAIN'),
  'network.slow-name': net('lookup', 2, 'a name that takes long', 'the resolver waits'),
  'network.refuse': net('connection', 2, 'a refused connection', 'the gateway refuses it'),
  'network.drop': net('connection', 1, 'a connection that nobody answers', 'the gateway is silent, then gives up'),
  'network.reset': net('connection', 3, 'a connection reset', 'the gateway cuts it after some bytes'),
  'network.tls-failure': net('connection', 1, 'a TLS handshake that fails', 'the gateway breaks the greeting'),
  'network.latency': net('connection', 4, 'a slow connection', 'the gateway holds bytes back'),
  'network.bandwidth': net('connection', 2, 'few bytes in a second', 'the gateway lets them pass slowly'),
  'network.early-close': net('connection', 2, 'an answer that ends early', 'the gateway ends it after some bytes'),
  'network.server-error': net('request', 4, 'a 5xx answer', 'the gateway answers the request'),
  'network.redirect-loop': net('request', 1, 'redirects without an end', 'the gateway answers the requests'),

  'filesystem.no-space': call(
    'files',
    'synthetic',
    2,
    'no space left',
    'the disk of a sandbox that has its own is full, for programs too; else file operations of the door fail',
  ),
  'filesystem.no-access': call('files', 'synthetic', 2, 'permission denied', 'file operations of the door fail'),
  'filesystem.io-error': call('files', 'synthetic', 1, 'an input/output error', 'file operations of the door fail'),
  'filesystem.slow': call('files', 'physical', 1, 'files that take long', 'file operations of the door wait'),
  'filesystem.read-only': call('all', 'physical', 1, 'a read-only file system', '/workspace is mounted read-only'),

  'resources.memory': call('programs', 'physical', 1, 'out of memory', 'the limit of the control group is lowered'),
  'resources.cpu': call('programs', 'physical', 1, 'a slow machine', 'the quota of the control group is lowered'),
  'resources.processes': call(
    'programs',
    'physical',
    1,
    'no more processes',
    'the limit of the control group is lowered',
  ),
  'resources.descriptors': call(
    'programs',
    'physical',
    1,
    'too many open files',
    'the program starts with a lower limit',
  ),

  'clock.offset': call('programs', 'physical', 1, 'a clock that is wrong', 'libfaketime in the programs of the call'),
  'clock.jump': call('programs', 'physical', 1, 'a clock that jumps', 'libfaketime in all programs from then on'),
  'clock.zone': call('programs', 'physical', 1, 'another time zone', 'TZ in the programs of the call'),

  'lifecycle.suspend-gap': call('all', 'physical', 1, 'a gap in time', 'the sandbox is suspended and resumed'),
  'lifecycle.restart': call(
    'all',
    'physical',
    1,
    'processes that are gone',
    'the sandbox is hibernated without memory and resumed',
  ),
  'lifecycle.reap-notice': call('all', 'physical', 1, 'SIGTERM, and soon the end', 'every process is told, then ended'),
  'lifecycle.cold-start': call('all', 'physical', 1, 'a first call that is late', 'the first call waits'),
};

/** Every kind is spelled family.name. */
export const familyOf = (kind: FaultKind): FaultFamily => kind.slice(0, kind.indexOf('.')) as FaultFamily;

/** Whether a call that meets it has its effect all the same. */
export function effectOf({
  kind,
  means,
  parameters,
}: Pick<FaultLabel, 'kind' | 'means' | 'parameters'>): 'none' | 'maybe' | 'done' {
  const { hits } = kindFacts[kind];
  if (kind === 'tool.lost-acknowledgement' || kind === 'tool.duplicate' || hits === 'answers' || hits === 'output')
    return 'done';
  if (means === 'synthetic') return 'none';
  // What hangs goes on when it is let go, unless its time is up before.
  const isBefore = kind === 'exec.timeout-early' || kind === 'exec.signal';
  return isBefore && parameters['afterMs'] === undefined ? 'none' : 'maybe';
}

const programs = new Set(['shell', 'exec', 'start-process']);
const output = new Set(['shell', 'exec']);
const files = new Set(['files', 'write-file', 'make-directory', 'move-file', 'remove-file']);

/** Verbs that an agent uses as it uses tools; others (previews, networks) are its harness's and never hit. */
const verbs = new Set([...programs, ...files]);

export interface AskedCall {
  /** Of the tool or verb. */
  name: string;
  isTool: boolean;
}

export function canHit(kind: FaultKind, { name, isTool }: AskedCall): boolean {
  if (!isTool && !verbs.has(name)) return false;
  const { hits, channel } = kindFacts[kind];
  if (channel !== 'call') return false;
  if (hits === 'programs') return programs.has(name);
  if (hits === 'output') return output.has(name);
  if (hits === 'files') return files.has(name);
  // A verb that starts a program has no answer to be emptied.
  return hits === 'all' || isTool || output.has(name);
}

/** What delays makes nothing fail but what has no more time. */
const slowing: ReadonlySet<string> = new Set<FaultKind>([
  'exec.slow-start',
  'network.slow-name',
  'network.latency',
  'network.bandwidth',
  'filesystem.slow',
  'resources.cpu',
  'lifecycle.suspend-gap',
  'lifecycle.cold-start',
]);
/** What answers less, or tells the time of another place. */
const harmless: ReadonlySet<string> = new Set<FaultKind>([
  'exec.truncate',
  'exec.garble',
  'tool.empty',
  'tool.partial',
  'tool.stale',
  'clock.zone',
]);

/** Whether a call, a program or a connection may fail of it; `slows`: of being late only. Null: it does not. */
export function handOf(kind: string): 'harms' | 'slows' | null {
  if (slowing.has(kind)) return 'slows';
  return harmless.has(kind) ? null : 'harms';
}

/** What is answered elsewhere, and really happens where the sandbox has the means. */
const physicalSomewhere: ReadonlySet<FaultKind> = new Set<FaultKind>(['filesystem.no-space']);

export const canBeBy = (kind: FaultKind, means: FaultMeans): boolean =>
  kindFacts[kind].means === means || (means === 'physical' && physicalSomewhere.has(kind));
