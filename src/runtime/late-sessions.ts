/** Sessions and the code of agents are loaded for those who have any: no start of a daemon pays for them otherwise. */
import type { RandomSource } from '../base/index.ts';
import type { AuditVerbs } from './audit-verbs.ts';
import { awakeInVain } from './awake.ts';
import type { Caller, Core } from './core.ts';
import { sandboxVerbs, snapshotVerbs } from './sandbox-verbs.ts';
import type { SessionVerbs } from './session-verbs.ts';
import type { AgentOptions, Sessions } from './sessions.ts';

export class LateSessions {
  readonly #core: Core;
  readonly #options: AgentOptions;
  readonly #random: RandomSource;
  #opened: Promise<Sessions> | null = null;
  #closed = false;

  constructor(core: Core, options: AgentOptions, random: RandomSource) {
    this.#core = core;
    this.#options = options;
    this.#random = random;
  }

  /**
   * Goes on with what an earlier run left: at once with what was under way or is due, or waits in a sandbox that does not stand still
   * yet, when its time comes with what waits. A start waits for none of it; what cannot be gone on with is told in the log, and to whoever asks for it.
   */
  goOn(): void {
    const { store, clock, scope, log } = this.#core;
    const { sessions, notices } = store;
    // Of any format: which it can read, its program knows.
    const wakesMs = [sessions.nextWakeMs(Number.MAX_SAFE_INTEGER), notices.nextMs()];
    const isAtWork = [sessions.running(), awakeInVain(store), sessions.owing(1)].some((left) => left.length > 0);
    const dueMs = isAtWork ? 0 : Math.min(...wakesMs.map((ms) => ms ?? Number.POSITIVE_INFINITY));
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const cancel = clock.after(Math.max(0, dueMs - clock.nowMs()), () => {
      if (this.#closed) return;
      this.open().catch((error: unknown) =>
        log.error({ err: error }, 'sessions that an earlier run left do not go on'),
      );
    });
    scope.onClose(cancel);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opened?.catch(() => null);
    await opened?.engine.close();
  }

  open(): Promise<Sessions> {
    this.#opened ??= this.#load();
    return this.#opened;
  }

  verbs(caller: Caller): SessionVerbs & AuditVerbs {
    const verbs = async (): Promise<SessionVerbs> => {
      const [{ sessionVerbs }, sessions] = await Promise.all([import('./session-verbs.ts'), this.open()]);
      return sessionVerbs(this.#core, sessions, caller);
    };
    const audit = async (): Promise<AuditVerbs> => {
      const { auditVerbs } = await import('./audit-verbs.ts');
      return auditVerbs(this.#core, () => this.open(), caller);
    };
    return {
      auditEntries: async (...given) => (await audit()).auditEntries(...given),
      auditEvidence: async (...given) => (await audit()).auditEvidence(...given),
      verifyAudit: async (...given) => (await audit()).verifyAudit(...given),
      exportAudit: async (...given) => (await audit()).exportAudit(...given),
      erasePerson: async (...given) => (await audit()).erasePerson(...given),
      placeHold: async (...given) => (await audit()).placeHold(...given),
      releaseHold: async (...given) => (await audit()).releaseHold(...given),
      listHolds: async (...given) => (await audit()).listHolds(...given),
      searchMemories: async (...given) => (await verbs()).searchMemories(...given),
      startSession: async (...given) => (await verbs()).startSession(...given),
      getSession: async (...given) => (await verbs()).getSession(...given),
      listSessions: async (...given) => (await verbs()).listSessions(...given),
      sendToSession: async (...given) => (await verbs()).sendToSession(...given),
      pauseSession: async (...given) => (await verbs()).pauseSession(...given),
      resumeSession: async (...given) => (await verbs()).resumeSession(...given),
      cancelSession: async (...given) => (await verbs()).cancelSession(...given),
      removeSession: async (...given) => (await verbs()).removeSession(...given),
      cancelSessions: async (...given) => (await verbs()).cancelSessions(...given),
      stopAgents: async (...given) => (await verbs()).stopAgents(...given),
      allowAgents: async (...given) => (await verbs()).allowAgents(...given),
      listStops: async (...given) => (await verbs()).listStops(...given),
      forkSession: async (...given) => (await verbs()).forkSession(...given),
      sessionEntries: (...given) => later(async () => (await verbs()).sessionEntries(...given)),
      sessionUpdates: (...given) => later(async () => (await verbs()).sessionUpdates(...given)),
      listApprovals: async (...given) => (await verbs()).listApprovals(...given),
      decideApproval: async (...given) => (await verbs()).decideApproval(...given),
    };
  }

  async #load(): Promise<Sessions> {
    const { openSessions } = await import('./sessions.ts');
    const sandboxes = (tenant: string): ReturnType<Sessions['sandboxes']> => ({
      ...sandboxVerbs(this.#core, tenant),
      ...snapshotVerbs(this.#core, tenant),
    });
    const sessions = await openSessions(this.#core, this.#options, { random: this.#random, sandboxes });
    sessions.engine.open();
    return sessions;
  }
}

/** A tape that cannot be used is found at the start, and not when a model is needed. @throws HoldfastError */
export async function checkTapeOf({ modelTape }: AgentOptions = {}): Promise<void> {
  if (modelTape === undefined) return;
  const { checkTape } = await import('../agents/index.ts');
  await checkTape(modelTape);
}

async function* later<T>(open: () => Promise<AsyncIterable<T>>): AsyncGenerator<T, void, undefined> {
  yield* await open();
}
