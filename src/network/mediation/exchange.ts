/**
 * One request, from its head to the end of its answer: checked, decided, then forwarded (forward.ts) or answered from a tape
 * (replay.ts), and told as a flow.
 *
 * 1. Nothing is sent before all of the head was decided about; the policy is asked anew for each request.
 * 2. Each exchange is reported once, when it is over.
 * 3. What breaks on one side breaks on the other; an answer that began is never finished in another's name.
 */
import type { Clock } from '../../base/index.ts';
import {
  asHoldfastError,
  type Decision,
  decisionCodes,
  type EndedBy,
  type HoldfastError,
  isHoldfastError,
} from '../../schema/index.ts';
import { denialResponse, failureResponse, forReader, type WholeResponse } from '../denial.ts';
import { broken, enderOf } from '../ended-by.ts';
import type { MemoryBudget, MemoryShare } from '../memory.ts';
import { answerOf } from '../noise/answers.ts';
import { goesOn } from '../policy/complies.ts';
import type {
  FlowReport,
  GatewaySandbox,
  Grant,
  MediatedConnection,
  RequestQuestion,
  TapedExchange,
} from '../types.ts';
import { Forward } from './forward.ts';
import { headerValues, requestHeadBytes } from './headers.ts';
import { type BodySink, type Incoming, StreamReset } from './message.ts';
import { replay } from './replay.ts';
import { checkRequest, decide, refusal } from './request-check.ts';
import { type Upstream, unreachable } from './upstream.ts';

/** A head that is not counted as kept: what ten thousand of them take is bounded enough. */
const freeHeadBytes = 4096;

export interface ExchangeContext {
  connection: MediatedConnection;
  clock: Clock;
  upstream: Upstream;
  memory: MemoryBudget;
  /** Bytes pass: the connection is not idle. */
  touch(): void;
  over(exchange: Exchange): void;
  /** What the connection's TLS greeting asked for. */
  tls(): FlowReport['tls'];
}

export class Exchange {
  readonly context: ExchangeContext;
  readonly incoming: Incoming;
  readonly startedMs: number;
  /** What is kept for it; free when it is over. */
  readonly memory: MemoryShare;
  address: string | null = null;
  taped: TapedExchange | null = null;
  tape: { tape: string; exchange: number } | null = null;
  status: number | null = null;
  bytesUp = 0;
  bytesDown = 0;
  secrets: string[] = [];
  hasResponded = false;
  #connectedMs: number | null = null;
  #firstByteMs: number | null = null;
  #question: RequestQuestion | null = null;
  #decision: Decision = refusal('protocol-not-allowed', 'The request was not decided about.');
  #forward: Forward | null = null;
  /** Of what is forwarded. */
  #grant: Grant | null = null;
  #isOver = false;
  #isUploadBroken = false;
  /** Ends a connection that is being made. */
  #opening: AbortController | null = null;
  /** Ends what a player does for this exchange; made for that only, since to abort costs as much as a small request. */
  #abort: AbortController | null = null;

  constructor(context: ExchangeContext, incoming: Incoming) {
    this.context = context;
    this.incoming = incoming;
    this.startedMs = context.clock.nowMs();
    this.memory = context.memory.share();
    incoming.onGone = (error) => this.#gone(error, 'inside');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  run(): void {
    this.guarded(() => {
      this.memory.keeper()(Math.max(0, requestHeadBytes(this.incoming) - freeHeadBytes));
      this.#decide();
    });
  }

  /** Cuts it when the present policy would not let it begin so. */
  recheck(): void {
    if (this.#isOver || !this.#question) return;
    const decision = this.#decisionNow(this.#question);
    if (decision.allowed) return;
    this.#refuse(changed(decision));
    this.#opening?.abort(new Error('the policy changed'));
  }

  #decisionNow(question: RequestQuestion): Decision {
    const { destination } = this.context.connection;
    const { policy, player } = this.context.connection.current();
    const verdict = decide(policy, this.incoming, question);
    if (!verdict.allowed || !this.#grant) return verdict.decision;
    if (player) return refusal('policy-changed', 'A tape is played now, and nothing is sent.');
    return goesOn(policy, destination, { grant: this.#grant, now: verdict.grant, address: this.address });
  }

  /** Ends it now. */
  cut(error: Error, endedBy: EndedBy | undefined): void {
    if (this.#isOver) return;
    this.#gone(error, endedBy);
    this.incoming.abort(error);
  }

  guarded(work: () => void): void {
    if (this.#isOver) return;
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** A limit, a misplaced secret, a frame that is none, a name that does not answer: something on the way refused or broke. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    const decision = decisionOf(error);
    if (decision) this.#refuse(decision);
    else if (this.hasResponded) this.cut(error instanceof Error ? error : new Error(String(error)), enderOf(error));
    else {
      this.#forward?.cancel();
      this.taped?.failed(asHoldfastError(error).message);
      this.#fail(asHoldfastError(error));
    }
  }

  /** The answer's final head came. */
  responds(status: number): void {
    this.status = status;
    this.hasResponded = true;
    this.#firstByteMs = this.context.clock.nowMs() - this.startedMs;
  }

  /** The outside broke off before it answered. */
  unanswered(error: Error, mayBeStale: boolean): void {
    if (this.#isOver) return;
    this.taped?.failed(error.message);
    // Clients know what to do when a kept connection breaks or a stream is reset: they must see that, not an answer.
    if (mayBeStale || error instanceof StreamReset) {
      this.finish(error.message, 'outside');
      this.incoming.abort(error);
    } else this.#fail(unreachable(this.context.connection.destination, error));
  }

  /** The outside broke off inside its answer; the sink of the answer tells the sandbox. */
  brokenOff(error: Error): void {
    if (this.#isOver) return;
    this.taped?.failed(error.message);
    this.finish(error.message, 'outside');
  }

  /** The sandbox broke off inside its request, whatever breaks of that next. */
  uploadBroke(): void {
    this.#isUploadBroken = true;
  }

  finish(error: string | null, endedBy?: EndedBy): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#abort?.abort();
    this.#forward?.finished();
    this.memory.end();
    this.context.over(this);
    this.#report(error, this.#isUploadBroken ? 'inside' : endedBy);
  }

  #decide(): void {
    const { connection } = this.context;
    const checked = checkRequest(this.incoming, connection.destination, connection.protocol);
    if ('refused' in checked) {
      this.#deny(checked.refused, checked.status);
      return;
    }
    this.#question = checked.question;
    const sandbox = connection.current();
    const verdict = decide(sandbox.policy, this.incoming, checked.question);
    const limit = verdict.allowed ? sandbox.meter.admit(verdict.grant) : null;
    this.#decision = verdict.decision;
    const met = verdict.allowed && !limit ? sandbox.noise?.request(checked.question) : null;
    if (!verdict.allowed || limit) this.#deny(limit ?? verdict.decision);
    else if (met) this.#meet(answerOf(met, checked.question));
    else if (sandbox.player) this.#replay(sandbox, checked.question);
    else this.#send(sandbox, verdict.grant, checked.question);
  }

  #send(sandbox: GatewaySandbox, grant: Grant, question: RequestQuestion): void {
    const forward = new Forward(this, { sandbox, grant, question });
    const refused = forward.prepare();
    if (refused) {
      this.#deny(refused);
      return;
    }
    this.#forward = forward;
    this.#grant = grant;
    const { upstream } = this.context;
    const wanted = { grant, policy: sandbox.policy, isWebSocket: this.incoming.isWebSocket };
    const ready = upstream.ready(wanted);
    if (ready) this.#begin(forward, ready);
    else {
      const opening = new AbortController();
      this.#opening = opening;
      upstream.open(wanted, opening.signal).then(
        (connection) => this.guarded(() => this.#begin(forward, connection)),
        (error: unknown) => this.fail(error),
      );
    }
  }

  #begin(forward: Forward, connection: Parameters<Forward['start']>[0]): void {
    this.#opening = null;
    this.#connectedMs = this.context.clock.nowMs() - this.startedMs;
    forward.start(connection);
  }

  #replay({ player }: GatewaySandbox, question: RequestQuestion): void {
    if (!player) return;
    this.#abort = new AbortController();
    const answered = replay({
      player,
      question,
      incoming: this.incoming,
      clock: this.context.clock,
      memory: this.memory,
      signal: this.#abort.signal,
      onBytes: (direction, bytes) => {
        this.context.touch();
        if (direction === 'up') this.bytesUp += bytes;
        else this.bytesDown += bytes;
      },
      respond: (head, hasBody, exchange): BodySink => {
        this.responds(head.status);
        this.tape = { tape: player.tape, exchange };
        return this.incoming.respond(head, hasBody);
      },
      failed: (error) => this.fail(error),
    });
    answered.then(
      (result) => {
        if (this.#isOver) return;
        if ('missed' in result) this.#deny(result.missed);
        else this.finish(result.broken);
      },
      (error: unknown) => this.fail(error),
    );
  }

  #refuse(decision: Decision): void {
    if (this.#isOver) return;
    this.#forward?.cancel();
    this.taped?.failed(decision.message);
    if (!this.hasResponded) {
      this.#deny(decision);
      return;
    }
    this.#decision = decision;
    this.finish(decision.message);
    this.incoming.abort(new Error(decision.message));
  }

  #deny(decision: Decision, status?: number): void {
    this.#decision = decision;
    this.#answer(denialResponse(decision, this.context.connection.destination, status));
    this.finish(null);
  }

  #fail(error: HoldfastError): void {
    const { destination } = this.context.connection;
    const told = error.code === 'network-unreachable' ? error : unreachable(destination, error);
    this.#answer(failureResponse(told, destination));
    this.finish(told.message, enderOf(error));
  }

  /** What its fault plan has for this request: the destination's own words, not ours. */
  #meet(answer: WholeResponse): void {
    this.#respond(answer);
    this.finish(null);
  }

  #answer(answer: WholeResponse): void {
    this.#respond(forReader(answer, headerValues(this.incoming.headers, 'user-agent')[0] ?? null));
  }

  #respond({ head, body }: WholeResponse): void {
    this.status = head.status;
    this.hasResponded = true;
    this.incoming.discard();
    const hasBody = this.incoming.method !== 'HEAD';
    const sink = this.incoming.respond(head, hasBody);
    if (hasBody) sink.write(body);
    sink.end([]);
  }

  /** Nobody is answered any more. */
  #gone(error: Error, endedBy: EndedBy | undefined): void {
    if (this.#isOver) return;
    this.#forward?.cancel();
    this.taped?.failed(error.message);
    this.finish(error.message, endedBy);
  }

  #report(error: string | null, endedBy: EndedBy | undefined): void {
    const { connection, clock } = this.context;
    const { broker } = connection.current();
    const shown = (text: string): string => broker?.scrubText(text) ?? text;
    connection.report({
      kind: this.incoming.isWebSocket ? 'websocket' : 'request',
      host: connection.destination.host,
      port: connection.destination.port,
      protocol: connection.protocol,
      address: this.address,
      method: this.incoming.method,
      path: shown(this.#question?.target ?? this.incoming.target),
      status: this.status,
      bytesUp: this.bytesUp,
      bytesDown: this.bytesDown,
      timing: { connectedMs: this.#connectedMs, firstByteMs: this.#firstByteMs },
      tls: this.context.tls(),
      decision: this.#decision,
      ...broken(error === null ? null : shown(error), endedBy),
      secrets: this.secrets,
      tape: this.taped?.isLost ? null : this.tape,
      startedMs: this.startedMs,
      endedMs: clock.nowMs(),
    });
  }
}

/** Of what had begun. */
export function changed(decision: Decision): Decision {
  const message = `The network policy changed while this was under way. ${decision.message}`;
  return { ...decision, code: 'policy-changed', message };
}

/** What other parts refuse by: `forbidden`, with a decision or its code. */
function decisionOf(error: unknown): Decision | null {
  if (!isHoldfastError(error) || error.code !== 'forbidden') return null;
  const told = error.details?.['decision'];
  if (typeof told === 'object' && told !== null && 'code' in told) return told as Decision;
  const code = decisionCodes.find((known) => known === told);
  return code ? refusal(code, error.message) : null;
}
