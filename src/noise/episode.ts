/**
 * One episode's faults: asked about each call, it says which fault comes, if any. It has no clock and no generator; what it
 * answers follows from the plan, the episode, and the calls it was asked about, in their order.
 *
 * 1. Each draw is keyed by seed, task, group, rollout, fault, tool, the tool's call ordinal and the canonical input: a fault
 *    that is switched on or off moves no draw of another one.
 * 2. At most one fault is applied to a call. One that was drawn and gave way is in the log all the same, with the reason.
 * 3. No logical operation (a name and an input; in the network a host, whatever of it was hit) is hit more often in a row
 *    than the plan says; what lasts is ended for it.
 * 4. The state is plain data: written down and read again, the episode goes on where it was.
 * 5. What comes at one host does not depend on what other hosts are asked: all but a budget is counted by host.
 */
import { canonicalDigest, keyedDraw } from '../base/index.ts';
import type { FaultLabel, PlannedFault } from '../schema/index.ts';
import { type AskedCall, type Channel, canHit, kindFacts } from './kinds.ts';
import { positionWeight, type ReadyFault, type ReadyPlan, sideOf } from './plan.ts';
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
  /** By dependency, in the network also by host: how often it was asked about, and whether it is in a burst. */
  bursts: Record<string, { ticks: number; isIn: boolean }>;
  /** By operation, how often in a row it was hit. */
  inARow: Record<string, number>;
  /** By host that was just hit. */
  hosts: Record<string, HostRow>;
  drawn: number;
  applied: number;
  appliedOf: Record<string, number>;
  lasting: Lasting[];
  /** What gateways said of the network: where the next one goes on. */
  network: NetworkState;
}

/** What of an episode outlives its gateway: how much came, and how far each host was. */
export type NetworkState = Pick<EpisodeState, 'ordinals' | 'hosts' | 'drawn' | 'applied' | 'appliedOf'>;

type NetworkChannel = Exclude<Channel, 'call'>;

/** A host's attempts, each a lookup, a connection and a request or a part of them. */
export interface HostRow {
  /** Over attempts that were hit, one after the other. */
  hits: number;
  /** How far the last attempt has come, and whether it was hit. */
  channel: NetworkChannel;
  isHit: boolean;
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

export const noNetworkYet: NetworkState = { ordinals: {}, hosts: {}, drawn: 0, applied: 0, appliedOf: {} };

const nothing: EpisodeState = {
  calls: 0,
  ordinals: {},
  bursts: {},
  inARow: {},
  hosts: {},
  drawn: 0,
  applied: 0,
  appliedOf: {},
  lasting: [],
  network: noNetworkYet,
};

export class Episode {
  readonly ready: ReadyPlan;
  readonly #state: EpisodeState;

  /** @param state where it goes on; what is not said is as at the beginning */
  constructor(ready: ReadyPlan, state: Partial<EpisodeState> = {}) {
    this.ready = ready;
    this.#state = structuredClone({ ...nothing, ...state });
  }

  get state(): EpisodeState {
    return structuredClone(this.#state);
  }

  decide(asked: Asked): Decided {
    const at = this.#count(asked);
    const input = canonicalDigest(asked.input);
    const operation = `call ${asked.name} ${input}`;
    const { channel, name } = asked;
    const ending = channel === 'call' ? this.#endings(at.position, operation) : [];
    const inARow = channel === 'call' ? (this.#state.inARow[operation] ?? 0) : this.#attempt(channel, name);
    const inBurst = this.#tick(asked);
    const labels: FaultLabel[] = [];
    let injection: Decided['injection'] = null;
    for (const ready of this.#state.drawn < mostDrawn ? this.ready.faults : []) {
      if (!this.#canCome(ready, asked, at.position)) continue;
      const label = this.#draw(ready, { asked, input, ...at }, inBurst);
      if (!label) continue;
      const because = injection ? 'another' : this.#refusal(ready, inARow);
      const told: FaultLabel = { ...label, applied: because === 'applied', because };
      labels.push(told);
      if (told.applied) injection = { fault: ready.fault, label: told };
    }
    this.#state.drawn += labels.length;
    if (injection) this.#apply(injection.fault, at.position);
    const lasting = [...this.#state.lasting];
    if (channel === 'call') this.#note(operation, injection !== null || lasting.some(({ until }) => until !== null));
    else if (injection) this.#state.hosts[hostKey(name)] = { hits: inARow + 1, channel, isHit: true };
    return { injection, labels, ending, lasting };
  }

  /**
   * What a gateway has drawn. It tells no more than that, so the next one begins where the last fault stood, and spares a
   * host once that may have been hit as often as it can be.
   */
  hear(labels: readonly FaultLabel[]): void {
    const { network } = this.#state;
    for (const { channel, name, position, applied, fault } of labels) {
      network.drawn++;
      network.ordinals[this.#known(network.ordinals, channel, name)] = position;
      if (!applied) continue;
      network.applied++;
      network.appliedOf[fault] = (network.appliedOf[fault] ?? 0) + 1;
      const hits = Math.min(this.ready.plan.consecutive, (network.hosts[hostKey(name)]?.hits ?? 0) + 1);
      network.hosts[hostKey(name)] = { hits, channel: 'request', isHit: true };
    }
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
    const { ordinals } = this.#state;
    const key = this.#known(ordinals, channel, name);
    const ordinal = (this.#state.ordinals[key] ?? 0) + 1;
    this.#state.ordinals[key] = ordinal;
    if (channel !== 'call') return { position: ordinal, ordinal };
    return { position: ++this.#state.calls, ordinal };
  }

  /** A sandbox may ask for any number of names: those past the bound are counted as one. */
  #known(counted: Readonly<Record<string, unknown>>, what: string, name: string): string {
    const own = `${what} ${name}`;
    return own in counted || Object.keys(counted).length < mostNames ? own : `${what} *`;
  }

  /** What is over, and what must not hit this operation once more. */
  #endings(position: number, operation: string): Lasting[] {
    const isTired = (this.#state.inARow[operation] ?? 0) >= this.ready.plan.consecutive;
    const isOver = ({ until }: Lasting): boolean => until !== null && (isTired || until < position);
    const over = this.#state.lasting.filter(isOver);
    this.#state.lasting = this.#state.lasting.filter((one) => !isOver(one));
    return over;
  }

  /** How often in a row the host was hit when this comes. What begins after an attempt that went well begins anew. */
  #attempt(channel: NetworkChannel, name: string): number {
    const { hosts } = this.#state;
    const row = hosts[hostKey(name)];
    if (!row) return 0;
    const isNew = channels.indexOf(channel) <= channels.indexOf(row.channel);
    if (isNew && !row.isHit) {
      delete hosts[hostKey(name)];
      return 0;
    }
    hosts[hostKey(name)] = { hits: row.hits, channel, isHit: row.isHit && !isNew };
    return row.hits;
  }

  /** Every dependency goes one step on with every call: a fault that is added changes no burst. Answers which are in one. */
  #tick({ channel, name: host }: Asked): ReadonlySet<string> {
    const { plan, words } = this.ready;
    const inBurst = new Set<string>();
    for (const [name, terms] of Object.entries(plan.dependencies)) {
      const key = channel === 'call' ? `call ${name}` : this.#known(this.#state.bursts, `network ${name}`, host);
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

  #refusal({ fault, channel }: ReadyFault, inARow: number): FaultLabel['because'] {
    const { plan, budget } = this.ready;
    const { applied, appliedOf } = this.#state;
    if (applied >= budget[sideOf(channel)]) return 'budget';
    if (fault.most !== undefined && (appliedOf[fault.id] ?? 0) >= fault.most) return 'budget';
    return inARow >= plan.consecutive ? 'consecutive' : 'applied';
  }

  #apply(fault: PlannedFault, position: number): void {
    const state = this.#state;
    state.applied++;
    state.appliedOf[fault.id] = (state.appliedOf[fault.id] ?? 0) + 1;
    const until = lastCallOf(fault, position);
    if (until === undefined) return;
    state.lasting = [...state.lasting.filter((one) => one.fault !== fault.id), { fault: fault.id, until }];
  }

  /** Only operations that were just hit are remembered: there are no more of them than faults. */
  #note(operation: string, isHit: boolean): void {
    if (isHit) this.#state.inARow[operation] = (this.#state.inARow[operation] ?? 0) + 1;
    else delete this.#state.inARow[operation];
  }
}

/** A sandbox chooses names: none is one that every object has. */
const hostKey = (name: string): string => `host ${name}`;

/** With which call it ends; null: with the episode; undefined: with what is done to its call. */
function lastCallOf(fault: PlannedFault, position: number): number | null | undefined {
  if (fault.kind === 'clock.jump') return null;
  // Where the clock is the sandbox's own, it is put back.
  if (fault.kind === 'clock.offset') return position;
  return 'lastsCalls' in fault ? position + fault.lastsCalls - 1 : undefined;
}

/** In the order in which one attempt has them. */
const channels: readonly NetworkChannel[] = ['lookup', 'connection', 'request'];

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
