/** What a session's program sees of the engine, and what the engine wants to know of a program. */
import type { Scope } from '../base/index.ts';
import type { AgentLimits, EntryKind, SessionOutcome } from '../schema/index.ts';
import type { HoldAmounts, SessionRecord, StoredEntry } from '../state/index.ts';

/** One model call or one tool call: an effect, written down before it is done. */
export interface Step {
  /** What it is, e.g. `model` or `tool`. */
  name: string;
  /** Plain data that says what is done. A step that a crash interrupted is done again only for the very same request. */
  request: Record<string, unknown>;
  /**
   * The most it may use, kept back in the session and in all above it until it is done. Its own time comes on top; `wallMs`
   * is for work that it has done elsewhere.
   */
  hold: HoldAmounts;
  /** How long it may take, whatever the budget has. */
  timeoutMs: number;
  /**
   * Has the effect, and answers its result as plain data; whatever must survive a failure is a result, not an exception.
   * `key` is the same when it is done again.
   */
  perform(key: string, scope: Scope, hands: StepHands): Promise<StepResult>;
}

/** What a step may do while it is under way. */
export interface StepHands {
  draft: Draft;
  /**
   * Keeps back more than `hold` did, in the session and in all above it, before that is used; resolves when it is on the disk.
   * @throws HoldfastError `budget-exhausted`, and nothing more was kept back
   */
  holdMore(amounts: HoldAmounts): Promise<void>;
}

/** What a step says before its result is written, for whoever looks on. None of it is part of the log. */
export interface Draft {
  add(text: string): void;
  /** What was added so far does not count: it begins anew. */
  withdraw(): void;
}

export interface StepResult {
  data: Record<string, unknown>;
  /** What it used, without its own time, which the engine meters; absent: all that was held, also later. */
  used?: HoldAmounts;
}

/** Nothing runs until one of these events comes, or until that time (milliseconds since 1970). */
export interface Wait {
  events: readonly string[];
  untilMs: number | null;
}

export type TurnEnd = { wait: Wait } | { end: SessionOutcome };

export interface NewSession {
  tenant: string;
  name?: string | null;
  parent?: string | null;
  agent: string;
  manifest: string;
  bundle: string;
  person: string;
  sandbox?: string | null;
  limits: AgentLimits;
  /** Under the same one there is at most one session. */
  origin?: string | null;
  /** What its first entry, `started`, says. */
  input: Record<string, unknown>;
}

export interface NewFork {
  /** Position of the last entry that is kept; absent: the newest that nothing is under way after. */
  at?: number;
  name?: string | null;
  sandbox: string | null;
  by?: string | null;
  /** Said to it after what is kept. */
  message?: string | undefined;
  /** Told the fork's id, and what is kept, as a part of the transaction that makes it. */
  alongside?: (fork: string, kept: readonly StoredEntry[]) => void;
  /** Other agents than its source has, for the log that is kept. What it throws refuses the fork. */
  others?: ((kept: readonly StoredEntry[]) => OtherAgents) | null;
}

export interface OtherAgents extends Pick<NewSession, 'manifest' | 'bundle' | 'limits'> {
  /** What its first entry says otherwise than its source's. */
  started: Record<string, unknown>;
}

/** All that a program may see: one session, by its log. */
export interface DurableContext {
  /** As it was when the turn began, with what the turn changed. */
  readonly session: SessionRecord;
  /** The whole log, in the current shape; grows only by what this turn writes and by what arrived before it wrote. */
  readonly entries: readonly StoredEntry[];
  readonly scope: Scope;
  nowMs(): number;
  /** What may still be used, here and in all above; `depth`: how many more levels below. */
  left(): AgentLimits;
  /** Answers the entry with its result. @throws HoldfastError `budget-exhausted`, and nothing was written or done */
  step(step: Step): Promise<StoredEntry>;
  /**
   * A fact that follows from the log, such as a decision.
   * @param price used up with it, if any, in one write @throws HoldfastError `budget-exhausted`, and nothing was written
   */
  note(kind: EntryKind, data: Record<string, unknown>, price?: HoldAmounts): StoredEntry;
  /**
   * The conversation is somebody else's from here on: notes `handed-off`, and what may still be used is at most those limits,
   * and never more than there was. One write. @throws HoldfastError `budget-exhausted`, and nothing was written
   */
  handOff(data: Record<string, unknown>, limits: AgentLimits, price?: HoldAmounts): StoredEntry;
  /** Starts a session below this one, and notes it, in one write. Its end arrives as the event `child:<id>`. */
  delegate(
    child: Omit<NewSession, 'tenant' | 'parent' | 'person'>,
    note: Record<string, unknown>,
    price?: HoldAmounts,
  ): SessionRecord;
}

/** What a session does. It keeps nothing between turns: all it knows it reads from the log. */
export interface Program {
  /** Version of the shape of its entries. */
  readonly format: number;
  /** Goes on from where the log ends. Done again after a crash, it finds in the log what was done. */
  turn(context: DurableContext): Promise<TurnEnd>;
  /** By version: makes an entry of it one of the next version. */
  readonly upgrades: Readonly<Record<number, (entry: StoredEntry) => StoredEntry>>;
}

/** A session's log as it grows, and what the step under way has said so far. */
export type Update =
  | { type: 'entry'; entry: StoredEntry }
  /** Text from that character of the step's on. `step` is the position of its intent. */
  | { type: 'partial'; step: number; from: number; text: string }
  /** What was shown of that step does not count. */
  | { type: 'withdrawn'; step: number };

export interface NewEvent {
  event: string;
  data: unknown;
  /** The same key twice is one event. */
  key?: string;
  /** Which person sent it. */
  by?: string;
}
