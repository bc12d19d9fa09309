/**
 * Holdfast's engine on its state database, with a program that does nothing but steps; with the audit log beside it, as in every
 * daemon, or alone.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditLog } from '../../src/audit/index.ts';
import { idMaker, rootScope, silentLog, systemClock, systemRandom } from '../../src/base/index.ts';
import { auditWitness, bothDurable } from '../../src/runtime/audit-witness.ts';
import { type Program, SessionEngine } from '../../src/sessions/index.ts';
import { openStore, type Store, type Witness } from '../../src/state/index.ts';
import { newHome } from '../ours.ts';
import type { Workbench } from '../workbench.ts';
import { type DurableEngine, result } from './engine.ts';

const program: Program = {
  format: 1,
  upgrades: {},
  async turn(context) {
    const wanted = Number(context.entries[0]?.data['steps']);
    const before = context.entries.filter(({ kind }) => kind === 'outcome').length;
    for (let done = before; done < wanted; done++) {
      await context.step({
        name: 'work',
        request: { done },
        hold: { steps: 1 },
        timeoutMs: 60_000,
        perform: async () => ({ data: { result }, used: { steps: 1 } }),
      });
    }
    return { end: { ok: true, output: null } };
  },
};

/** @param isLogged what every daemon does: an entry of the audit log for each of a session's, and both on the disk before an effect */
export async function holdfastEngine(bench: Workbench, isLogged: boolean): Promise<DurableEngine> {
  const home = newHome(bench);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const store = isLogged ? await loggedStore(bench, home) : openStore({ home });
  const scope = rootScope({ name: 'bench' });
  const ends = new Map<string, () => void>();
  const engine = new SessionEngine({
    store,
    clock: systemClock,
    newId: idMaker(systemClock, systemRandom),
    log: silentLog,
    scope,
    program,
    onEvent: (type, { id }) => {
      if (type === 'session-ended') ends.get(id)?.();
    },
  });
  engine.open();
  bench.defer(async () => {
    await engine.close();
    await scope.close();
    store.close();
  });
  return {
    id: isLogged ? 'holdfast' : 'holdfast-alone',
    label: isLogged ? 'Holdfast' : 'Holdfast without its audit log',
    run: async (steps) => {
      const { id } = engine.start({
        tenant: 'default',
        agent: 'worker',
        manifest: '',
        bundle: '',
        person: 'owner',
        limits: { steps: 1_000_000, tokens: 0, cents: 0, wallMs: 86_400_000, depth: 0 },
        input: { steps },
      });
      // No turn begins before this one has given way.
      await new Promise<void>((resolve) => ends.set(id, resolve));
      ends.delete(id);
      await store.durable();
    },
  };
}

async function loggedStore(bench: Workbench, home: string): Promise<Store> {
  const audit = await AuditLog.open({
    places: {
      directory: join(home, 'audit'),
      keys: join(home, 'audit-keys'),
      checkpoints: join(home, 'audit-checkpoints'),
    },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  bench.defer(() => audit.close());
  let witness: Witness | null = null;
  const store = openStore({
    home,
    witness: { see: (...seen) => witness?.see(...seen), consent: () => witness?.consent() },
  });
  witness = auditWitness(audit, store, () => undefined);
  return { ...store, durable: () => bothDurable(store, audit) };
}
