/**
 * What physical faults are done with, on this machine: control groups that are lowered and put back, a mount inside, a
 * sandbox that stands still or loses its memory, signals to all that runs in it.
 *
 * 1. Nothing is promised that was not looked for in the very sandbox: what is missing is said before its first call.
 * 2. Only the sandbox's own groups, mounts and processes are touched; no host path is made of what it says.
 */
import { readEnvironment, rootScope, type Scope } from '../base/index.ts';
import { type Ceiling, ceilingGroup, ceilingsOf, release, type Squeeze, squeeze } from '../compute/index.ts';
import type { Held, Means } from '../noise/index.ts';
import { kindFacts } from '../noise/index.ts';
import { type FaultKind, HoldfastError, type PlannedFault } from '../schema/index.ts';
import type { ProcessIdentity, SandboxRecord } from '../state/index.ts';
import { codesOf, fakeTimeLibrary } from '../tools/index.ts';
import type { Core } from './core.ts';
import { resumed } from './resumed.ts';
import { sandboxAccess } from './sandbox-access.ts';

const undoTimeoutMs = 60_000;
/** 2001-09-09 01:46:40 UTC: what the clock says where libfaketime works. */
const knownSeconds = 1_000_000_000;

/** @param given the core, once it is there: what it is made of asks for these means */
export function noiseMeans(given: () => Core): Means & { clockIsRight(sandbox: string): void } {
  const clocks = new OwnClocks(given);
  const recordOf = (sandbox: string): SandboxRecord | null => given().store.sandboxes.get(sandbox);
  return {
    clockIsRight: (sandbox) => clocks.areRight(sandbox),
    lacks: async (fault, sandbox, scope) => {
      const record = recordOf(sandbox);
      return record ? lackOf(given(), fault, record, scope) : null;
    },
    isHeld: (fault, sandbox) => {
      const record = recordOf(sandbox);
      if (heldKinds.has(fault.kind)) return true;
      if (record === null) return false;
      return isClock(fault.kind) ? hasOwnClock(given(), record) : isFull(fault.kind) && hasOwnDisk(given(), record);
    },
    measure: async (fault, sandbox) => {
      const wanted = squeezeOf(fault);
      if (isClock(fault.kind)) return { shiftMs: shiftOf(fault) };
      return wanted ? { ceilings: await ceilingsOf(identityOf(recordOf(sandbox), fault), wanted.what) } : {};
    },
    begin: async (fault, held, sandbox, scope) => {
      const record = recordOf(sandbox);
      const identity = identityOf(record, fault);
      const wanted = squeezeOf(fault);
      if (wanted) await squeeze(identity, wanted, ceilingsIn(held));
      else if (record && isFull(fault.kind)) await given().substrates.of(record).fillDisk?.(identity, true, scope);
      else if (record && isClock(fault.kind)) await clocks.shift(record, shiftOf(fault), scope);
      else if (record) await given().substrates.of(record).shutWorkspace?.(identity, true, scope);
    },
    undo: async (kind, held, sandbox) => {
      const core = given();
      const record = recordOf(sandbox);
      if (!record || record.state === 'gone' || record.state === 'stopping') return;
      // Whatever became of the call: what was changed is put back.
      await using scope = rootScope({ name: `undo ${kind}`, timeoutMs: undoTimeoutMs });
      if (kind === 'filesystem.read-only') {
        if (record.identity) await core.substrates.of(record).shutWorkspace?.(record.identity, false, scope);
      } else if (isFull(kind)) {
        // What fills the disk lies there as long as nobody is in it to remove it.
        if (!record.identity)
          throw new HoldfastError('wrong-state', `nothing runs in sandbox ${sandbox}, whose disk a fault has filled`, {
            hint: `Start it, then try again: holdfast resume ${sandbox}`,
          });
        await core.substrates.of(record).fillDisk?.(record.identity, false, scope);
      } else if (kind.startsWith('exec.')) await goOn(core, record, scope);
      else if (kind.startsWith('resources.')) await release(ceilingsIn(held));
      else if (isClock(kind)) await clocks.unshift(record, Number(held['shiftMs']), scope);
      else if (record.state === 'suspended' || record.state === 'hibernated')
        await resumed(core, record.tenant, sandbox, scope);
    },
    happen: async (fault, sandbox, hasCome, scope) => {
      const core = given();
      const record = recordOf(sandbox);
      if (!record) return;
      const { tenant } = record;
      const sleep = async (memory: boolean): Promise<void> => {
        try {
          await core.controller.suspend(tenant, sandbox, { memory, disk: false }, scope);
        } finally {
          if (recordOf(sandbox)?.state !== 'ready') hasCome();
        }
      };
      if (fault.kind === 'lifecycle.suspend-gap') {
        // One that was just made is still being greeted: what stands still answers no greeting.
        await core.controller.inside(tenant, sandbox, scope, (guest) => guest.ping(scope));
        await sleep(true);
        await core.clock.sleep(fault.gapMs, scope.signal);
        await resumed(core, tenant, sandbox, scope);
      } else if (fault.kind === 'lifecycle.restart') {
        await sleep(false);
        await resumed(core, tenant, sandbox, scope);
      } else if (fault.kind === 'lifecycle.reap-notice')
        await reap(core, record, { noticeMs: fault.noticeMs, hasCome }, scope);
    },
  };
}

async function lackOf(core: Core, fault: PlannedFault, record: SandboxRecord, scope: Scope): Promise<string | null> {
  const unknown = await unknownOf(core, fault, record);
  if (unknown !== null) return unknown;
  if (kindFacts[fault.kind].channel !== 'call') return networkLack(fault.kind, record);
  const wanted = squeezeOf(fault);
  const substrate = core.substrates.of(record);
  if (wanted) {
    if (!substrate.ceilings?.includes(wanted.what))
      return `${substrate.name} cannot lower the ${wanted.what} of a sandbox that runs`;
    const option = { memory: '--memory', cpu: '--cpus', processes: '--processes' }[wanted.what];
    const has = record.identity && ceilingGroup(record.identity, wanted.what) !== null;
    return has ? null : `it was made without a limit of its ${wanted.what} (${option})`;
  }
  if (fault.kind === 'filesystem.read-only') {
    if (!substrate.shutWorkspace) return `${substrate.name} cannot change a mount inside`;
    return readEnvironment().isRoot ? null : 'only a daemon of root changes a mount inside';
  }
  return isClock(fault.kind) && !hasOwnClock(core, record) ? clockLack(core, record, scope) : null;
}

/** An error that the sandbox's contract does not have: training would teach what production never says. */
async function unknownOf(core: Core, fault: PlannedFault, { contract }: SandboxRecord): Promise<string | null> {
  if (contract === null) return null;
  const held = await core.contracts.named(contract);
  const known = new Set(held.contract.failures.map(({ code }) => code));
  const unknown = codesOf(fault).find((code) => !isAnybodys(code) && !known.has(code));
  return unknown === undefined ? null : `its contract ${held.contract.contract} knows no failure ${unknown}`;
}

/** What a call did wrong itself, and what a policy refused, no contract lists. */
const isAnybodys = (code: HoldfastError['code']): boolean =>
  ['caller', 'policy'].includes(new HoldfastError(code, '').fault);

/** Why a kind of the network cannot come in this sandbox; null where it can. */
export function networkLack(kind: FaultKind, { network }: SandboxRecord): string | null {
  if (network === 'none') return 'it has no network';
  if (kindFacts[kind].channel !== 'request') return null;
  const reads = network.tape !== undefined || network.allow.some(isRead);
  return reads ? null : 'no rule of its network has requests read: say mediate, name methods or paths, or allow http';
}

const isRead = (rule: Exclude<SandboxRecord['network'], 'none'>['allow'][number]): boolean =>
  rule.mediate === true ||
  rule.protocol === 'http' ||
  rule.methods !== undefined ||
  rule.paths !== undefined ||
  rule.credentials !== undefined;

/** Why libfaketime moves no clock in this sandbox; null where it does. */
export async function clockLack(core: Core, { tenant, id }: SandboxRecord, scope: Scope): Promise<string | null> {
  const access = sandboxAccess(core, tenant, id);
  const { stdout } = await access.exec(
    {
      argv: ['/bin/sh', '-c', 'date -u +%s'],
      environment: { LD_PRELOAD: fakeTimeLibrary, FAKETIME: `@${'2001-09-09 01:46:40'}`, TZ: 'UTC' },
      timeoutMs: 10_000,
    },
    scope,
  );
  const seconds = Number(new TextDecoder().decode(stdout).trim());
  const works = seconds >= knownSeconds && seconds < knownSeconds + 60;
  return works ? null : `its template has no libfaketime that works (${fakeTimeLibrary}); install the package there`;
}

/** Those that are put back, wherever they can come. */
const heldKinds: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'filesystem.read-only',
  'resources.memory',
  'resources.cpu',
  'resources.processes',
]);

const isFull = (kind: FaultKind): boolean => kind === 'filesystem.no-space';

/** A file system of its own, whose room is its limit. */
const hasOwnDisk = (core: Core, record: SandboxRecord): boolean =>
  record.limits.diskBytes !== undefined &&
  core.substrates.of(record).fillDisk !== undefined &&
  readEnvironment().isRoot;

const isClock = (kind: FaultKind): boolean => kind === 'clock.offset' || kind === 'clock.jump';

const shiftOf = (fault: PlannedFault): number =>
  fault.kind === 'clock.offset' ? fault.offsetMs : fault.kind === 'clock.jump' ? fault.byMs : 0;

/** A kernel of its own, whose clock is this machine's: one that was set elsewhere cannot be put back exactly. */
const hasOwnClock = (core: Core, record: SandboxRecord): boolean =>
  core.substrates.of(record).setClock !== undefined && record.clock === null;

/** Clocks of sandboxes with a kernel of their own: every program there sees them move. */
class OwnClocks {
  readonly #given: () => Core;
  /** By how much each is off, of all that holds. */
  readonly #shifts = new Map<string, readonly number[]>();

  constructor(given: () => Core) {
    this.#given = given;
  }

  async shift(record: SandboxRecord, byMs: number, scope: Scope): Promise<void> {
    await this.#set(record, [...(this.#shifts.get(record.id) ?? []), byMs], scope);
  }

  /** After a restart nobody knows what else held, and all of it is put back. */
  async unshift(record: SandboxRecord, byMs: number, scope: Scope): Promise<void> {
    const shifts = this.#shifts.get(record.id) ?? [];
    const own = shifts.indexOf(byMs);
    const others = shifts.filter((_shift, at) => at !== own);
    await this.#set(record, others, scope);
  }

  /** One that sleeps or wakes is told the time as it is. */
  areRight(sandbox: string): void {
    this.#shifts.delete(sandbox);
  }

  async #set(record: SandboxRecord, shifts: readonly number[], scope: Scope): Promise<void> {
    const { substrates, clock } = this.#given();
    if (shifts.length === 0) this.#shifts.delete(record.id);
    else this.#shifts.set(record.id, shifts);
    if (!record.identity || record.state !== 'ready') return;
    const offMs = shifts.reduce((sum, shift) => sum + shift, 0);
    await substrates.of(record).setClock?.(record.identity, clock.nowMs() + offMs, scope);
  }
}

function squeezeOf(fault: PlannedFault): Squeeze | null {
  if (fault.kind === 'resources.memory') return { what: 'memory', freeBytes: fault.freeBytes };
  if (fault.kind === 'resources.cpu') return { what: 'cpu', cpus: fault.cpus };
  return fault.kind === 'resources.processes' ? { what: 'processes', free: fault.free } : null;
}

/** Only `measure` made it. */
const ceilingsIn = (held: Held): Ceiling[] => (held['ceilings'] ?? []) as Ceiling[];

function identityOf(record: SandboxRecord | null, { id }: PlannedFault): ProcessIdentity {
  if (record?.identity) return record.identity;
  throw new HoldfastError('wrong-state', `nothing runs that the fault ${id} could hit`);
}

/** Of one that sleeps nothing stands still on purpose. */
async function goOn(core: Core, { tenant, id, state }: SandboxRecord, scope: Scope): Promise<void> {
  if (state !== 'ready') return;
  const access = sandboxAccess(core, tenant, id);
  const running = (await access.listProcesses(scope)).filter(({ exit }) => exit === null);
  const tell = ({ processId }: { processId: string }): Promise<unknown> =>
    access.signalProcess(processId, 'SIGCONT', { tree: true }, scope).catch(() => undefined);
  await Promise.all(running.map(tell));
}

/** Every process is told that the end comes, then meets it; the sandbox itself stays, and its files. */
async function reap(
  core: Core,
  { tenant, id }: SandboxRecord,
  { noticeMs, hasCome }: { noticeMs: number; hasCome(): void },
  scope: Scope,
): Promise<void> {
  const access = sandboxAccess(core, tenant, id);
  const tellAll = async (signal: string): Promise<void> => {
    const running = (await access.listProcesses(scope)).filter(({ exit }) => exit === null);
    hasCome();
    const tell = ({ processId }: { processId: string }): Promise<unknown> =>
      access.signalProcess(processId, signal, { tree: true }, scope).catch(() => undefined);
    await Promise.all(running.map(tell));
  };
  await tellAll('SIGTERM');
  await core.clock.sleep(noticeMs, scope.signal);
  await tellAll('SIGKILL');
}
