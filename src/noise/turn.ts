/** What one call meets, as the door is told. */
import type { FaultLabel, PlannedFault } from '../schema/index.ts';
import type { Decided } from './episode.ts';
import type { Living } from './living.ts';

export interface NoisyCall {
  sandbox: string;
  callId: string;
  name: string;
  isTool: boolean;
  /** Plain data. */
  input: unknown;
}

/** What one call meets. */
export interface Turn {
  /** What was drawn for this call; null when only something lasts, and once it was called off. */
  readonly fault: { fault: PlannedFault; label: FaultLabel } | null;
  /** Faults that began with an earlier call and still go on. */
  readonly lasting: PlannedFault[];
  /** Ids of those that were done to the sandbox, so that nothing is to be done to the call. */
  readonly held: ReadonlySet<string>;
  /** Ids of all of them: whose doing a failure of this call may be. */
  readonly ids: string[];
  /** What the same call answered last, where the plan may want it told again. */
  readonly earlier: unknown;
  /** Keeps what this call answered, for later ones. */
  keep(answer: unknown): void;
  /**
   * Knows how to call off what is to come later, when faults are stopped. Answers how to forget it.
   * @param cancel answers whether nothing of it has come
   */
  later(cancel: () => boolean): () => void;
  /** Asked before something of it comes, in a call that has begun: false once faults were stopped, also for what lasts. */
  mayCome(): boolean;
}

/** An answer has at most some MiB. */
const mostEarlier = 32;

interface TurnFacts {
  /** What tells the call from others. */
  key: string;
  isHeld(fault: PlannedFault): boolean;
  /** What was drawn for it did not come. */
  calledOff(): void;
}

export function turnOf(
  { episode, record, earlier, later }: Living,
  { injection, lasting }: Decided,
  { key, isHeld, calledOff }: TurnFacts,
): Turn {
  const byId = new Map(episode.ready.plan.faults.map((fault) => [fault.id, fault]));
  const others = lasting
    .filter(({ fault }) => fault !== injection?.fault.id)
    .flatMap(({ fault }) => byId.get(fault) ?? [])
    // One that could not begin does not last.
    .filter((fault) => !isHeld(fault) || record.held[fault.id] !== undefined);
  let fault = injection;
  let hasCome = false;
  const callOff = (): void => {
    if (fault) calledOff();
    fault = null;
  };
  return {
    get fault() {
      return fault;
    },
    lasting: others,
    held: new Set(Object.keys(record.held)),
    get ids() {
      return [...(fault ? [fault.fault.id] : []), ...others.map(({ id }) => id)];
    },
    earlier: earlier?.get(key),
    later: (cancel) => later.keep({ cancel, calledOff: callOff }),
    mayCome: () => {
      hasCome ||= !later.isOver;
      if (!hasCome) callOff();
      return !later.isOver;
    },
    keep: (answer) => {
      earlier?.delete(key);
      earlier?.set(key, answer);
      const [oldest] = earlier?.keys() ?? [];
      if (earlier && oldest !== undefined && earlier.size > mostEarlier) earlier.delete(oldest);
    },
  };
}
