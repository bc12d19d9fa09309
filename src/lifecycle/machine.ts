/**
 * The few moves of one sandbox that everything else is made of: launch and end, each as one durable change.
 *
 * 1. A sandbox's row exists before anything of it does, and is `gone` only after nothing of it does.
 * 2. Every state change goes through the table (transitions.ts) and is atomic in the store; who loses a race sees it.
 * 3. Ending is idempotent and finishes whatever was left of it, also from another daemon's half-done ending. One that fails is
 *    tried again until it is through: the row stays `stopping` and the alarm is set for it. So is the end of the processes of
 *    one that sleeps on disk, whose row stays `hibernated`.
 */
import { bootId, existsSync, keyedBytes, removeFile, rootScope, type Scope } from '../base/index.ts';
import type { LaunchRequest, RootView, SandboxIdentity } from '../compute/index.ts';
import { connectGuest } from '../guest/index.ts';
import { asHoldfastError, type ExitReason, HoldfastError } from '../schema/index.ts';
import type { SandboxPatch, SandboxRecord } from '../state/index.ts';
import type { Parts } from './parts.ts';
import { type Cause, sourcesOf } from './transitions.ts';

/** An agent that lives answers at once. */
const lastWordsMs = 2_000;

/** An agent that does not answer for so long, on however busy a machine, has failed. */
export const longestSilenceMs = 10_000;

/** After this whatever failed without anybody waiting for it is tried again. */
export const lookAgainMs = 10_000;

/** How long the dead-man lease outlives the lifetime lease: time for a daemon to come back. */
const deadManGraceMs = 60_000;

export const deadManMs = (leaseEndsMs: number, nowMs: number): number =>
  Math.max(1000, leaseEndsMs - nowMs + deadManGraceMs);

/** Starts the processes of a sandbox whose row is `creating`; the row is ready to be `ready` afterwards. */
export async function launch(
  parts: Parts,
  record: SandboxRecord,
  from: Pick<LaunchRequest, 'root' | 'warm'>,
  scope: Scope,
): Promise<SandboxIdentity> {
  const request = { ...launchRequest(parts, record, from.root), ...from };
  const identity = await parts.substrates.of(record).launch(request, scope);
  // The agent listens already; who calls first finds the channel open, and waits for it if it is not.
  parts.connections.open(record.id, identity.socketPath, record.incarnation, parts.scope).catch(() => undefined);
  return identity;
}

export function launchRequest(parts: Parts, record: SandboxRecord, root: RootView): LaunchRequest {
  const seed = seedBytes(record);
  return {
    sandbox: record.id,
    incarnation: record.incarnation,
    root,
    socketPath: parts.socketPath(record.id),
    hostname: hostnameOf(record),
    machineId: Buffer.from(seed ? seed('machine-id', 16) : parts.random(16)).toString('hex'),
    user: record.user,
    limits: record.limits,
    ...(seed ? { entropy: seed('entropy', entropyBytes) } : {}),
    ...(record.clock === null ? {} : { clockMs: Date.parse(record.clock) }),
    leaseMs: deadManMs(record.leaseEndsMs, parts.clock.nowMs()),
  };
}

const entropyBytes = 64;

/** Null where chance is the kernel's. */
function seedBytes({ seed }: SandboxRecord): ((what: string, count: number) => Uint8Array) | null {
  return seed === null ? null : (what, count) => keyedBytes(seed, ['sandbox', what], count);
}

/** Tells the guest until when it may live without us. Failing to is not an error: a dead guest is found otherwise. */
export async function renewDeadMan(parts: Parts, record: SandboxRecord, scope: Scope = parts.scope): Promise<void> {
  const client = await parts.connections.use(record, scope);
  await client.lease(deadManMs(record.leaseEndsMs, parts.clock.nowMs()), scope);
}

/** As `renewDeadMan`, in the way of nobody who is about to use the sandbox. */
export function renewDeadManLater(parts: Parts, record: SandboxRecord): void {
  const failed = (error: unknown): void => parts.log.warn({ error, sandbox: record.id }, 'lease not renewed');
  parts.connections
    .use(record, parts.scope)
    .then((client) => client.leaseLater(deadManMs(record.leaseEndsMs, parts.clock.nowMs()), failed))
    .catch(failed);
}

export function move(
  parts: Parts,
  id: string,
  to: SandboxRecord['state'],
  cause: Cause,
  patch: SandboxPatch = {},
): boolean {
  return parts.store.sandboxes.transition(id, sourcesOf(to, cause), to, patch);
}

export interface Ending {
  reason: ExitReason;
  detail: string;
  cause: Cause;
}

/** Ends a sandbox, from whatever state, and removes everything of it. Safe to repeat. */
export async function end(parts: Parts, id: string, ending: Ending, scope: Scope): Promise<SandboxRecord> {
  const before = mustGet(parts, id);
  if (before.state === 'gone') return before;
  parts.reserve.tend();
  move(parts, id, 'stopping', ending.cause, { exitReason: ending.reason, exitDetail: ending.detail });
  parts.alarm.clear(id);
  try {
    return await remove(parts, id, ending.cause, scope);
  } catch (error) {
    lookAgain(parts, id);
    throw error;
  }
}

/** Of one whose end failed: as it was to end then. */
export function endingOf({ exitReason, exitDetail }: SandboxRecord, cause: Cause): Ending {
  return { reason: exitReason ?? 'died', detail: exitDetail ?? 'it was being removed', cause };
}

export function lookAgain({ alarm, clock }: Parts, id: string): void {
  alarm.set(id, clock.nowMs() + lookAgainMs);
}

async function remove(parts: Parts, id: string, cause: Cause, scope: Scope): Promise<SandboxRecord> {
  parts.connections.close(id);
  const record = mustGet(parts, id);
  if (record.identity) await parts.substrates.of(record).kill(record.identity, scope);
  else await endUnwritten(parts, id, scope);
  await removeFile(parts.socketPath(id));
  await parts.files.removeSandbox(id);
  parts.reserve.tend();
  const leaseEndsMs = parts.clock.nowMs();
  const ended = move(parts, id, 'gone', cause, { identity: null, leaseEndsMs, idleEndsMs: null });
  const after = mustGet(parts, id);
  if (ended && !after.pooled) {
    parts.report('sandbox-gone', after, { reason: after.exitReason, detail: after.exitDetail });
  }
  return after;
}

/** Ends what a failed launch left and says why it failed. */
export async function abandon(parts: Parts, id: string, cause: unknown, scope: Scope): Promise<HoldfastError> {
  const error = asHoldfastError(cause);
  await end(parts, id, { reason: 'died', detail: error.message, cause: 'caller' }, scope);
  return error;
}

/** Of one whose row says that it does: a crash may have come while it was let go on, for a resume or to copy its files. */
export async function keepStill(parts: Parts, record: SandboxRecord, scope: Scope): Promise<void> {
  await parts.substrates.of(record).freeze(identityOf(record), scope);
}

/** Of a hibernated sandbox: what a crash may have left of them too. */
export async function endProcesses(
  parts: Parts,
  record: SandboxRecord,
  identity: SandboxIdentity,
  scope: Scope,
): Promise<void> {
  await parts.substrates.of(record).kill(identity, scope);
  await removeFile(parts.socketPath(record.id));
  parts.store.sandboxes.update(record.id, { identity: null });
}

/** What still runs of one whose row says already that it sleeps on disk. */
export async function endAsleep(parts: Parts, id: string, scope: Scope): Promise<SandboxRecord> {
  const record = mustGet(parts, id);
  try {
    await endProcesses(parts, record, identityOf(record), scope);
  } catch (error) {
    lookAgain(parts, id);
    throw error;
  }
  const { memoryKept } = record;
  if (memoryKept) await parts.store.durable();
  const after = mustGet(parts, id);
  parts.report('sandbox-suspended', after, memoryKept ? { memory: true, disk: true } : { memory: false });
  return after;
}

type Strays = Awaited<ReturnType<Parts['substrates']['strays']>>;

/**
 * What runs under a sandbox's name without being written down: a launch whose daemon died may have been finished by its
 * launcher afterwards.
 */
export async function straysOf(parts: Parts, isStray: (sandbox: string) => boolean, scope: Scope): Promise<Strays> {
  return (await parts.substrates.strays(scope)).filter(({ sandbox }) => isStray(sandbox));
}

export async function killStray(parts: Parts, { substrate, ...stray }: Strays[number], scope: Scope): Promise<void> {
  const nobody = { pid: 0, startTicks: 0, bootId: bootId(), socketPath: '', agentIncarnation: '' };
  await substrate.kill({ ...stray, ...nobody }, scope);
  parts.log.warn({ sandbox: stray.sandbox }, 'processes nobody had written down were ended');
}

export async function killStraysOf(parts: Parts, id: string, scope: Scope): Promise<void> {
  for (const stray of await straysOf(parts, (sandbox) => sandbox === id, scope)) await killStray(parts, stray, scope);
}

/** Whatever a launch left that was never written down. */
export async function endUnwritten(parts: Parts, id: string, scope: Scope): Promise<void> {
  await shutDownBySocket(parts, id);
  await killStraysOf(parts, id, scope);
  await removeFile(parts.socketPath(id));
}

/** Where there are no limit groups, its socket is the only way to it. */
async function shutDownBySocket(parts: Parts, sandbox: string): Promise<void> {
  if (!existsSync(parts.socketPath(sandbox))) return;
  await using scope = rootScope({ name: `shut down ${sandbox}`, timeoutMs: lastWordsMs });
  try {
    const client = await connectGuest(parts.socketPath(sandbox), scope);
    await client.shutdown(0, scope);
    client.close();
  } catch {
    // Nobody listens: there is nothing to end.
  }
}

export function armAlarm(parts: Parts, record: SandboxRecord): void {
  parts.alarm.set(record.id, Math.min(record.leaseEndsMs, record.idleEndsMs ?? Number.POSITIVE_INFINITY));
}

export function mustGet(parts: Parts, id: string): SandboxRecord {
  const record = parts.store.sandboxes.get(id);
  if (!record) throw new HoldfastError('internal', `the row of sandbox ${id} is missing`);
  return record;
}

export function identityOf(record: SandboxRecord): SandboxIdentity {
  if (record.identity) return record.identity;
  throw new HoldfastError('sandbox-gone', `sandbox ${record.id} has no processes`, {
    details: { state: record.state },
  });
}

export function wrongState(record: SandboxRecord, wanted: string, verb: string): HoldfastError {
  if (record.state === 'gone' || record.state === 'stopping') {
    return new HoldfastError(
      'sandbox-gone',
      `sandbox ${record.id} is ${record.state}: ${record.exitDetail ?? 'it ended'}`,
      {
        hint: 'Create a new one, or fork it from one of its snapshots.',
        details: { state: record.state, exitReason: record.exitReason },
      },
    );
  }
  return new HoldfastError('wrong-state', `cannot ${verb} sandbox ${record.id}: it is ${record.state}, not ${wanted}`, {
    hint:
      record.state === 'suspended' || record.state === 'hibernated'
        ? `Resume it first: holdfast resume ${record.name ?? record.id}`
        : 'Wait for it, then try again.',
    details: { state: record.state },
  });
}

function hostnameOf(record: SandboxRecord): string {
  // Where nothing is left to chance, the name that an id would give is not either.
  return record.name ?? (record.seed === null ? record.id.slice(0, 63) : 'sandbox');
}
