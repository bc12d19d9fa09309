/** What decides the calls of a run: a program in its machine, or a flow. It is told answers, and says what it wants next. */
export interface ProgramCall {
  /** Counts from 1 within the run. */
  call: number;
  tool: string;
  input: unknown;
}

export interface CallAnswer {
  ok: boolean;
  /** The result; or the failure, as `{ code, message, hint }`. */
  value: unknown;
}

export interface Burst {
  /** What it wants, in its order. */
  calls: ProgramCall[];
  /** Set when it is over. */
  answer: string | null;
}

/** The same answers in the same order lead to the same calls in the same order. */
export interface Behaviour {
  /** @throws HoldfastError `program-failed` */
  answer(call: number, answer: CallAnswer): Promise<Burst>;
  close(): void;
}
