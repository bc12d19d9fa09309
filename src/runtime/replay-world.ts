/**
 * Where recordings are replayed: sandboxes made like the recorded one, from its snapshots, with its tape for a network.
 *
 * 1. At L2 nothing leaves: the tape answers, or there is no network.
 * 2. What cannot be held still is said in the report, not passed over.
 * 3. A replay's sandbox and snapshots are gone when it is over, however it ends.
 */
import type { Scope } from '../base/index.ts';
import {
  executeStep,
  finishProcess,
  type RecordedRun,
  type ReplaySandbox,
  type ReplayWorld,
  runMark,
  runPrefix,
} from '../recording/index.ts';
import type { ContractInput, CreateSandboxInput, Network } from '../schema/index.ts';
import type { Core } from './core.ts';
import { changesBetween } from './recording-parts.ts';
import type { OwnVerbs } from './replay-verbs.ts';

export interface ReplayPlace {
  core: Core;
  tenant: string;
  run: RecordedRun;
  scope: Scope;
  service: OwnVerbs;
  /** Calls are held to it instead of what they were held to. */
  contract: ContractInput | undefined;
  environment: Record<string, string> | undefined;
}

/** Its files are compared whole: a replay waits for nothing else. */
const contentLimits = { contentBytes: 256 * 1024, allBytes: 16 * 1024 * 1024 };

export function replayWorld(place: ReplayPlace): ReplayWorld {
  const { core, run } = place;
  const { base } = run.head;
  const now = core.store.snapshots.getTemplate(base.template)?.digest ?? '';
  const templateChanged = base.templateDigest !== '' && now !== base.templateDigest;
  return {
    clock: core.clock,
    notes: notesOf(place, templateChanged),
    templateChanged,
    open: (snapshot, live) => openSandbox(place, snapshot, live),
  };
}

function notesOf({ run, core }: ReplayPlace, templateChanged: boolean): string[] {
  const { sandbox, base, contract } = run.head;
  const { usual } = core.contracts;
  const tokens = Object.entries(sandbox.environment).filter(([, value]) => value.includes('hfr_'));
  return [
    'the clock is the machine’s, and so is chance: what they change is overlooked by name, or told as a divergence',
    ...(templateChanged ? [`the template ${base.template} is another one than when it was recorded`] : []),
    ...(contract === null && usual ? [`calls are held to ${usual.name}, and were held to nothing`] : []),
    ...(sandbox.network !== 'none' && run.tape === null ? ['the network was on no tape: at L2 there is none'] : []),
    ...(tokens.length > 0 ? [`secrets are tokens now: ${tokens.map(([name]) => name).join(', ')}`] : []),
    ...(run.lostEvents > 0 ? [`${run.lostEvents} events were lost while it was recorded`] : []),
  ];
}

/** A sandbox like the recorded one. */
export function createLike(run: RecordedRun, network: 'taped' | 'live' | 'none'): CreateSandboxInput {
  const { sandbox, base } = run.head;
  const { environment, user, limits, isolation } = sandbox;
  const { contract } = run.head;
  return {
    template: base.template,
    environment,
    user,
    limits,
    isolation,
    network: networkLike(run, network),
    ...(contract ? { contract: contract.document } : {}),
  };
}

function networkLike(run: RecordedRun, wanted: 'taped' | 'live' | 'none'): Network {
  const { network } = run.head.sandbox;
  if (network === 'none' || wanted === 'none') return 'none';
  const { tape: _, ...policy } = network;
  if (wanted === 'live') return policy;
  return run.tape === null ? 'none' : { ...policy, tape: { mode: 'replay', tape: run.tape } };
}

async function openSandbox(place: ReplayPlace, snapshot: string | null, live: boolean): Promise<ReplaySandbox> {
  const { core, run, service, scope, environment, contract } = place;
  const like = createLike(run, live ? 'live' : 'taped');
  const { id } = await service.createSandbox({
    ...like,
    ...(snapshot === null ? {} : { template: snapshot }),
    environment: { ...like.environment, ...environment },
    ...(contract === undefined ? {} : { contract }),
    lifetimeMs: 24 * 3_600_000,
    metadata: { [runMark]: run.head.id },
  });
  const taken: string[] = [];
  return {
    id,
    execute: (step) => executeStep(service, id, step),
    finishProcess: (processId, input, timeoutMs) => finishProcess(service, { ref: id, processId }, input, timeoutMs),
    rollback: async (to) => {
      await service.rollbackSandbox(id, to);
    },
    snapshot: async () => {
      const made = await service.createSnapshot(id, { name: `${runPrefix}replay of ${run.head.id}` });
      taken.push(made.id);
      return made.id;
    },
    changes: (from, to) => changesBetween(core, from, to, scope, contentLimits),
    tapeMisses: async () => (live ? 0 : ((await core.network.tapePlay(id))?.misses ?? 0)),
    close: async () => {
      try {
        await service.destroySandbox(id);
      } finally {
        for (const each of taken.reverse()) core.store.snapshots.removeSnapshot(each);
        await core.files.collectGarbage(core.scope);
      }
    },
  };
}
