/**
 * One episode's faults: asked about each call, it says which fault comes, if any. It has no clock and no generator; what it
 * answers follows from the plan, the episode, and the calls it was asked about, in their order.
 *
 * 1. Each draw is keyed by seed, task, group, rollout, fault, tool, the tool's call ordinal and the canonical input: a fault
 *    that is switched on or off moves no draw of another one.
 * 2. At most one fault is applied to a call. One that was drawn and gave way is in the log all the same, with the reason.
 * 3. No logical operation (a name and an input) is hit more often in a row than the plan says; what lasts is ended for it.
 * 4. The state is plain data: written down and read again, the episode goes on where it was.
 */
import { canonicalDigest, keyedDraw } from '../base/index.ts';
import type { FaultLabel, PlannedFault } from '../schema/index.ts';
import { type AskedCall, type Channel, canHit, kindFacts } from './kinds.ts';
import { positionWeight, type ReadyFault, type ReadyPlan } from './plan.ts';
import { drawnMs } from './sizes.ts';

/** A fault that goes on: until after the call at `until`, or to the end of the episode. */
export interface Lasting {
  fault: string;
  until: number | null;
}

export interface EpisodeState {
  /** Calls of the door so far. */
  calls: number;
  /** By channel and name. */
  ordinals: Record<string, number>;
  /** By dependency: how often it was asked about, and whether it is in a burst. */
  bursts: Record<string, { ticks: number; isIn: boolean }>;
  /** By operation, how often in a row it was hit. */
  inARow: Record<string, number>;
  drawn: number;
  applied: number;
  appliedOf: Record<string, number>;
  lasting: Lasting[];
}

export interface Asked {
  channel: Channel;
  /** Tool or verb; host. */
  name: string;
  /** Of the call; in the network what tells one request of a host from another. */
  input: unknown;
  /** What this very call can meet, beyond what its kind says. */
  can?(fault: PlannedFault): boolean;
  isTool?: boolean;
}

export interface Decided {
  /** What comes; null for nothing. */
  injection: { fault: PlannedFault; label: FaultLabel } | null;
  /** All that was drawn, applied or not. */
  labels: FaultLabel[];
  /** Ends before this call. */
  ending: Lasting[];
  /** Still goes on in this call. */
  lasting: Lasting[];
}

/** What one sandbox can make us write down, however much it does; past it nothing is drawn any more. */
const mostDrawn = 100_000;
const mostNames = 4096;

const nothing: EpisodeState = {
  calls: 0,
  ordinals: {},
  bursts: {},
  inARow: {},
  drawn: 0,
  applied: 0,
  appliedOf: {},
  lasting: [],
};

export class Episode {
  readonly ready: ReadyPlan;
  readonly #state: EpisodeState;

  constructor(ready: ReadyPlan, state: EpisodeState = nothing) {
    this.ready = ready;
    this.#state = structuredClone(state);
  }

  get state(): EpisodeState {
    return structuredClone(this.#state);
  }

  decide(asked: Asked): Decided {
    const at = this.#count(asked);
    const input = canonicalDigest(asked.input);
    const operation = `${asked.channel} ${asked.name} ${asked.channel === 'call' ? input : ''}`;
    const ending = asked.channel === 'call' ? this.#endings(at.position, operation) : [];
    const inBurst = this.#tick(asked);
    const labels: FaultLabel[] = [];
    let injection: Decided['injection'] = null;
    for (const ready of this.#state.drawn < mostDrawn ? this.ready.faults : []) {
      if (!this.#canCome(ready, asked, at.position)) continue;
      const label = this.#draw(ready, { asked, input, ...at }, inBurst);
      if (!label) continue;
      const because = injection ? 'another' : this.#refusal(ready.fault, operation);
      const told: FaultLabel = { ...label, applied: because === 'applied', because };
      labels.push(told);
      if (told.applied) injection = { fault: ready.fault, label: told };
    }
    this.#state.drawn += labels.length;
    if (injection) this.#apply(injection.fault, at.position);
    const lasting = [...this.#state.lasting];
    this.#note(operation, injection !== null || lasting.some(({ until }) => until !== null));
    return { injection, labels, ending, lasting };
  }

  /** What lasted until the last call. */
  endPast(): Lasting[] {
    const { lasting, calls } = this.#state;
    const isPast = ({ until }: Lasting): boolean => until !== null && until <= calls;
    this.#state.lasting = lasting.filter((one) => !isPast(one));
    return lasting.filter(isPast);
  }

  end(fault: string): void {
    this.#state.lasting = this.#state.lasting.filter((one) => one.fault !== fault);
  }

  /** Nothing lasts any more. */
  endAll(): Lasting[] {
    return this.#state.lasting.splice(0);
  }

  #count({ channel, name }: Asked): { position: number; ordinal: number } {
    const own = `${channel} ${name}`;
    const { ordinals } = this.#state;
    // A sandbox may ask for any number of names: those past the bound are counted as one.
    const key = own in ordinals || Object.keys(ordinals).length < mostNames ? own : `${channel} *`;
    const ordinal = (this.#state.ordinals[key] ?? 0) + 1;
    this.#state.ordinals[key] = ordinal;
    if (channel !== 'call') return { position: ordinal, ordinal };
    return { position: ++this.#state.calls, ordinal };
  }

  /** What is over, and what must not hit this operation once more. */
  #endings(position: number, operation: string): Lasting[] {
    const isTired = (this.#state.inARow[operation] ?? 0) >= this.ready.plan.consecutive;
    const isOver = ({ until }: Lasting): boolean => until !== null && (isTired || until < position);
    const over = this.#state.lasting.filter(isOver);
    this.#state.lasting = this.#state.lasting.filter((one) => !isOver(one));
    return over;
  }

  /** Every dependency goes one step on with every call: a fault that is added changes no burst. Answers which are in one. */
  #tick({ channel }: Asked): ReadonlySet<string> {
    const { plan, words } = this.ready;
    const inBurst = new Set<string>();
    for (const [name, terms] of Object.entries(plan.dependencies)) {
      const key = `${channel === 'call' ? 'call' : 'network'} ${name}`;
      const burst = this.#state.bursts[key] ?? { ticks: 0, isIn: false };
      const { unit } = keyedDraw(plan.seed, [...words, 'burst', key, burst.ticks]);
      const isIn = burst.isIn ? unit >= terms.leave : unit < terms.enter;
      this.#state.bursts[key] = { ticks: burst.ticks + 1, isIn };
      if (isIn) inBurst.add(name);
    }
    return inBurst;
  }

  #canCome({ fault }: ReadyFault, asked: Asked, position: number): boolean {
    if (!isAbout(fault, asked) || (asked.can && !asked.can(fault))) return false;
    if (fault.kind === 'lifecycle.cold-start' && position > 1) return false;
    return position >= (fault.from ?? 1) && position <= (fault.until ?? Number.POSITIVE_INFINITY);
  }

  #draw(
    { fault, rate }: ReadyFault,
    call: { asked: Asked; input: string; position: number; ordinal: number },
    inBurst: ReadonlySet<string>,
  ): FaultLabel | null {
    const { plan, words } = this.ready;
    const { asked, input, position, ordinal } = call;
    const factor =
      fault.dependency !== undefined && inBurst.has(fault.dependency) ? this.#factorOf(fault.dependency) : 1;
    const weight = asked.channel === 'call' ? positionWeight(plan, position) : 1;
    const key = [...words, 'fault', fault.id, asked.name, ordinal, input];
    const draw = keyedDraw(plan.seed, key);
    if (draw.unit >= rate * factor * weight) return null;
    return {
      channel: asked.channel,
      name: asked.name,
      position,
      ordinal,
      fault: fault.id,
      kind: fault.kind,
      means: kindFacts[fault.kind].means,
      input,
      draw: draw.hex,
      parameters: parametersOf(fault, (delay) => drawnMs(delay, plan.seed, key)),
      applied: false,
      because: 'another',
    };
  }

  #factorOf(dependency: string): number {
    return this.ready.plan.dependencies[dependency]?.factor ?? 1;
  }

  #refusal(fault: PlannedFault, operation: string): FaultLabel['because'] {
    const { plan } = this.ready;
    const { applied, appliedOf, inARow } = this.#state;
    if (plan.budget !== undefined && applied >= plan.budget) return 'budget';
    if (fault.most !== undefined && (appliedOf[fault.id] ?? 0) >= fault.most) return 'budget';
    return (inARow[operation] ?? 0) >= plan.consecutive ? 'consecutive' : 'applied';
  }

  #apply(fault: PlannedFault, position: number): void {
    const state = this.#state;
    state.applied++;
    state.appliedOf[fault.id] = (state.appliedOf[fault.id] ?? 0) + 1;
    const until =
      fault.kind === 'clock.jump' ? null : 'lastsCalls' in fault ? position + fault.lastsCalls - 1 : undefined;
    if (until === undefined) return;
    state.lasting = [...state.lasting.filter((one) => one.fault !== fault.id), { fault: fault.id, until }];
  }

  /** Only operations that were just hit are remembered: there are no more of them than faults. */
  #note(operation: string, isHit: boolean): void {
    if (isHit) this.#state.inARow[operation] = (this.#state.inARow[operation] ?? 0) + 1;
    else delete this.#state.inARow[operation];
  }
}

function isAbout(fault: PlannedFault, { channel, name, isTool = false }: Asked): boolean {
  if (kindFacts[fault.kind].channel !== channel) return false;
  if ('hosts' in fault && fault.hosts) return fault.hosts.some((pattern) => fitsHost(pattern, name));
  if (channel !== 'call') return true;
  const named = 'calls' in fault ? fault.calls : undefined;
  const call: AskedCall = { name, isTool };
  return canHit(fault.kind, call) && (named === undefined || named.includes(name));
}

export function fitsHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}

const fixed = ['id', 'kind', 'rate', 'activation', 'dependency', 'most', 'from', 'until', 'calls', 'hosts'];

/** What the plan says of its size, with times drawn. */
function parametersOf(
  fault: PlannedFault,
  draw: (delay: Extract<PlannedFault, { delay: unknown }>['delay']) => number,
): FaultLabel['parameters'] {
  const own = Object.entries(fault).filter(([name]) => !fixed.includes(name) && name !== 'delay');
  const plain = own.filter((entry): entry is [string, string | number] => typeof entry[1] !== 'object');
  return { ...Object.fromEntries(plain), ...('delay' in fault ? { delayMs: draw(fault.delay) } : {}) };
}
