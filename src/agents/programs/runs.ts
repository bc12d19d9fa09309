/**
 * Runs of programs and flows, each read from its journal: what was asked for and what was answered, in their order.
 *
 * 1. A run is where its answers lead. After a crash it is gone through again with the answers that the journal has, and goes
 *    on from there; nothing that was done is done again.
 * 2. What it asks for must be what the journal has: the first thing that is not ends it (`program-diverged`).
 * 3. Machines are few. One that waits for an answer for longer than a moment is given up, and made anew from the journal when
 *    the answer comes; so every program gets its turn, and a session that waits for days has none. Few compute at once, so that
 *    none is taken for one without an end because others had its time.
 */
import { canonicalJson } from '../../base/index.ts';
import { type AgentManifest, type FlowFacts, HoldfastError } from '../../schema/index.ts';
import type { ProgramRun, RunEvent } from '../conversation.ts';
import { Flow } from '../flows/flow.ts';
import type { Behaviour, Burst, ProgramCall } from './behaviour.ts';
import { overError, Vm, type VmParts } from './vm.ts';

/** Where a run stands. */
export interface RunState {
  /** Asked for, and not in the journal yet. */
  calls: ProgramCall[];
  answer: string | null;
}

/** What is run: an agent that has a program or a flow. */
type Led = Pick<AgentManifest, 'name' | 'program' | 'flow' | 'tools'>;

const mostMachines = 8;
const mostComputing = 2;
/** Long enough for an ordinary call. */
const restMs = 500;

export const isLed = ({ program, flow }: Pick<AgentManifest, 'program' | 'flow'>): boolean =>
  program !== undefined || flow !== undefined;

export class ProgramRuns {
  readonly #parts: VmParts;
  /** By session. */
  readonly #live = new Map<string, LiveRun>();
  readonly #machines = new Places(mostMachines);
  readonly #computing = new Places(mostComputing);

  constructor(parts: VmParts) {
    this.#parts = parts;
  }

  /** Takes in what the journal has, and answers what comes next. @throws HoldfastError `program-failed`, `program-diverged` */
  async advance(session: string, agent: Led, run: ProgramRun): Promise<RunState> {
    const live = await this.#liveRun(session, agent, run);
    await this.#computing.take();
    try {
      return await live.advance(run.events);
    } catch (error) {
      this.release(session);
      throw error;
    } finally {
      this.#computing.give();
      if (this.#live.has(session)) live.cancelRest = this.#parts.clock.after(restMs, () => this.release(session));
    }
  }

  /** Whoever comes next begins with the journal. */
  release(session: string): void {
    const live = this.#live.get(session);
    if (!live) return;
    this.#live.delete(session);
    live.cancelRest();
    live.behaviour.close();
    if (live.hasMachine) this.#machines.give();
  }

  async #liveRun(session: string, agent: Led, run: ProgramRun): Promise<LiveRun> {
    const known = this.#live.get(session);
    if (known?.began === run.position) {
      known.cancelRest();
      return known;
    }
    this.release(session);
    const made = agent.flow ? withFlow(agent.name, agent.flow, run) : await this.#withMachine(agent, run);
    this.#live.set(session, made);
    return made;
  }

  async #withMachine({ name, program, tools }: Led, { position, message }: ProgramRun): Promise<LiveRun> {
    if (!program) throw new HoldfastError('internal', `${name} has no program`);
    await this.#machines.take();
    await this.#computing.take();
    let vm: Vm | null = null;
    try {
      vm = await Vm.open(this.#parts);
      const burst = await vm.begin(program.code, { name, tools }, message);
      return new LiveRun({ name, began: position, behaviour: vm, burst, hasMachine: true });
    } catch (error) {
      vm?.close();
      this.#machines.give();
      throw error;
    } finally {
      this.#computing.give();
    }
  }
}

function withFlow(name: string, facts: FlowFacts, { position, message }: ProgramRun): LiveRun {
  const behaviour = new Flow(facts, message);
  return new LiveRun({ name, began: position, behaviour, burst: behaviour.begin(), hasMachine: false });
}

/** So many at once; the others wait, in their order. */
class Places {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(most: number) {
    this.#free = most;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** To whoever waits longest. */
  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

interface LiveParts {
  name: string;
  /** Position of the entry that the run began with. */
  began: number;
  behaviour: Behaviour;
  burst: Burst;
  hasMachine: boolean;
}

class LiveRun {
  readonly began: number;
  readonly behaviour: Behaviour;
  readonly hasMachine: boolean;
  readonly #name: string;
  /** In the order in which they were asked for; the journal has taken those before. */
  readonly #asked: ProgramCall[];
  readonly #numbers = new Map<string, number>();
  #answer: string | null;
  #taken = 0;
  cancelRest: () => void = () => undefined;

  constructor({ name, began, behaviour, burst, hasMachine }: LiveParts) {
    this.#name = name;
    this.began = began;
    this.behaviour = behaviour;
    this.hasMachine = hasMachine;
    this.#asked = [...burst.calls];
    this.#answer = burst.answer;
  }

  async advance(events: readonly RunEvent[]): Promise<RunState> {
    for (; this.#taken < events.length; this.#taken++) {
      const event = events[this.#taken];
      if (event?.kind === 'called') this.#match(event);
      else if (event) await this.#answered(event);
    }
    return { calls: [...this.#asked], answer: this.#answer };
  }

  #match({ id, tool, input }: RunEvent & { kind: 'called' }): void {
    const asked = this.#asked.shift();
    const isSame = asked?.tool === tool && canonicalJson(asked.input) === canonicalJson(input);
    if (!asked || !isSame) {
      const found = asked ? { tool: asked.tool, input: asked.input } : null;
      const instead = asked ? `asks for ${asked.tool}` : 'asks for nothing';
      throw new HoldfastError(
        'program-diverged',
        `the program of ${this.#name} does not follow its journal: it called ${tool} there, and now ${instead}`,
        {
          hint: 'The program that a session began with must not be changed; start a new session.',
          details: { call: id, expected: { tool, input }, found },
        },
      );
    }
    this.#numbers.set(id, asked.call);
  }

  async #answered({ id, ok, value }: RunEvent & { kind: 'answered' }): Promise<void> {
    const call = this.#numbers.get(id);
    // What it does not wait for any more.
    if (call === undefined || this.#answer !== null) return;
    this.#numbers.delete(id);
    const { calls, answer } = await this.behaviour.answer(call, { ok, value });
    this.#asked.push(...calls);
    this.#answer = answer;
  }
}

/** It waits, and nothing that it asked for is under way. */
export const stuck = (): HoldfastError => overError('stuck', 'it waits for something that nobody will give it');
