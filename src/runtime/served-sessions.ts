/**
 * Runs of agents that are answered from recordings, each where it stands.
 *
 * 1. A recording that is not written any more is held once, however many runs it answers.
 * 2. What is held is bounded: who was not asked for longest is forgotten, and begins anew.
 */
import { RecordedDoor, type RecordedRun, readRun } from '../recording/late.ts';
import { parseInput, type ServedRecorded, type ServeRecorded, serveRecordedSchema } from '../schema/index.ts';
import type { Core } from './core.ts';
import { mustFind } from './recording-verbs.ts';

const mostSessions = 256;
/** Of all recordings of a tenant that are held; the one that was asked for last stays. */
const mostHeldBytes = 256 * 1024 * 1024;

interface Session {
  /** What it is held under. */
  run: string;
  door: Promise<RecordedDoor>;
}

const ofOwner = new WeakMap<object, Map<string, ServedSessions>>();

/** Of a tenant, whoever of it calls: a run may make each call with a service of its own. */
export function servedSessionsOf(core: Core, tenant: string): ServedSessions {
  const ofTenants = ofOwner.get(core) ?? new Map<string, ServedSessions>();
  ofOwner.set(core, ofTenants);
  const sessions = ofTenants.get(tenant) ?? new ServedSessions(core, tenant);
  ofTenants.set(tenant, sessions);
  return sessions;
}

export class ServedSessions {
  readonly #core: Pick<Core, 'recordings' | 'store'>;
  readonly #tenant: string;
  /** Both in order of their last use. */
  readonly #sessions = new Map<string, Session>();
  readonly #runs = new Map<string, { read: Promise<RecordedRun>; heldBytes: number }>();

  constructor(core: Pick<Core, 'recordings' | 'store'>, tenant: string) {
    this.#core = core;
    this.#tenant = tenant;
  }

  async serve(ref: string, input: ServeRecorded): Promise<ServedRecorded> {
    const { session, tool, input: asked } = parseInput(serveRecordedSchema, input, 'call');
    const { id, state } = mustFind(this.#core, this.#tenant, ref);
    const key = `${id} ${session}`;
    const run = state === 'open' ? key : id;
    const found = this.#sessions.get(key) ?? { run, door: this.#open(id, run) };
    renew(this.#sessions, key, found);
    const held = this.#runs.get(found.run);
    if (held) renew(this.#runs, found.run, held);
    found.door.catch(() => this.#forget(key));
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > mostSessions && oldest !== undefined) this.#forget(oldest);
    return (await found.door).answer({ name: tool, input: asked });
  }

  async #open(id: string, run: string): Promise<RecordedDoor> {
    const read = this.#runs.get(run)?.read ?? this.#read(id, run);
    const redactor = await this.#core.recordings.redactorOf(this.#tenant);
    return new RecordedDoor(await read, (value) => redactor.value(value));
  }

  #read(id: string, run: string): Promise<RecordedRun> {
    const reading = async (): Promise<RecordedRun> => {
      const read = await readRun(await this.#core.recordings.reader(id));
      const held = this.#runs.get(run);
      if (held) held.heldBytes = read.heldBytes;
      this.#makeRoom(run);
      return read;
    };
    const read = reading();
    read.catch(() => this.#runs.delete(run));
    this.#runs.set(run, { read, heldBytes: 0 });
    return read;
  }

  #makeRoom(newest: string): void {
    let heldBytes = [...this.#runs.values()].reduce((sum, each) => sum + each.heldBytes, 0);
    for (const [run, each] of this.#runs) {
      if (heldBytes <= mostHeldBytes) return;
      if (run === newest || each.heldBytes === 0) continue;
      heldBytes -= each.heldBytes;
      for (const [key, session] of this.#sessions) if (session.run === run) this.#forget(key);
    }
  }

  #forget(key: string): void {
    const run = this.#sessions.get(key)?.run;
    this.#sessions.delete(key);
    if (run !== undefined && ![...this.#sessions.values()].some((each) => each.run === run)) this.#runs.delete(run);
  }
}

function renew<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}
