/**
 * An allowed request on its way out, and its answer on the way back.
 *
 *   sandbox -> count, tape -> secrets in  -> pace -> outside
 *   sandbox <- count, tape <- pace <- secrets out <- outside
 *
 * 1. Tapes see what the sandbox sees: placeholders, never secrets.
 * 2. A body that nothing must look at passes piece by piece as it came.
 */
import type { Transform } from 'node:stream';
import { type Decision, HoldfastError } from '../../schema/index.ts';
import type {
  FrameGuard,
  GatewaySandbox,
  Grant,
  RawHeaders,
  RequestHead,
  RequestQuestion,
  ResponseHead,
  SecretBroker,
} from '../types.ts';
import { Collect, Tap, Through, TrailerGate } from './body.ts';
import type { Exchange } from './exchange.ts';
import { endToEnd, headerValues, requestHeadBytes, responseHeadBytes, withHeader, withoutHeaders } from './headers.ts';
import type { BodySink, UpstreamConnection, UpstreamRequest } from './message.ts';
import { defaultPorts } from './request-check.ts';
import { type FrameEvents, FrameStage } from './websocket.ts';

/** A body that is rewritten is kept whole up to this, to announce its new length; a longer one goes on in chunks. */
const maxCollectedBytes = 16 * 1024 * 1024;

interface ForwardOptions {
  sandbox: GatewaySandbox;
  grant: Grant;
  question: RequestQuestion;
}

/** What is sent instead of what came. */
interface Outgoing {
  target: string;
  headers: RawHeaders;
  body: Transform | null;
  bodyBytes: number | null;
}

export class Forward {
  readonly #exchange: Exchange;
  readonly #sandbox: GatewaySandbox;
  readonly #grant: Grant;
  readonly #broker: SecretBroker | null;
  /** As the tape sees it. */
  readonly #head: RequestHead;
  #outgoing: Outgoing;
  #request: UpstreamRequest | null = null;
  #paceUp: Transform | null = null;
  #frameGuard: FrameGuard | null = null;
  #isSent = false;

  constructor(exchange: Exchange, { sandbox, grant, question }: ForwardOptions) {
    const { version, isWebSocket, bodyBytes, headers } = exchange.incoming;
    this.#exchange = exchange;
    this.#sandbox = sandbox;
    this.#grant = grant;
    this.#broker = sandbox.broker?.concerns(grant) ? sandbox.broker : null;
    const passed = endToEnd(headers, isWebSocket);
    const isWatched = isWebSocket && (this.#broker !== null || sandbox.recorder !== null);
    const sent = isWatched ? withoutHeaders(passed, 'sec-websocket-extensions') : passed;
    this.#head = { question, httpVersion: version, headers: sent };
    this.#outgoing = { target: question.target, headers: sent, body: null, bodyBytes };
  }

  /** Puts secrets into the head; the refusal when they may not be there. @throws HoldfastError `forbidden` past a limit */
  prepare(): Decision | null {
    this.#paceUp = this.#sandbox.meter.stream(this.#grant, 'up', requestHeadBytes(this.#exchange.incoming));
    const outgoing = this.#broker?.outgoing(this.#head, this.#grant, this.#exchange.memory);
    if (!outgoing) return null;
    if (!outgoing.allowed) return outgoing.decision;
    this.#exchange.secrets = outgoing.secrets;
    const { target, headers, body } = outgoing;
    this.#outgoing = { ...this.#outgoing, target, headers, body };
    return null;
  }

  start(connection: UpstreamConnection): void {
    const { incoming, startedMs } = this.#exchange;
    const { recorder } = this.#sandbox;
    this.#exchange.address = connection.address;
    if (recorder) {
      const taped = recorder.begin(this.#head, { startedMs, address: connection.address });
      this.#exchange.taped = taped;
      this.#exchange.tape = { tape: recorder.tape, exchange: taped.number };
    }
    const { body, bodyBytes, headers } = this.#outgoing;
    const isRewritten = body !== null && this.#grant.credentials.some(({ position }) => position.kind === 'json');
    if (isRewritten && bodyBytes !== null && bodyBytes > 0 && bodyBytes <= maxCollectedBytes) {
      this.#collect(connection, body);
      return;
    }
    if (isRewritten && bodyBytes !== 0) {
      const unmeasured = withoutHeaders(headers, 'content-length');
      const chunked = incoming.version === '2' ? unmeasured : withHeader(unmeasured, 'Transfer-Encoding', 'chunked');
      this.#outgoing = { ...this.#outgoing, headers: chunked, bodyBytes: null };
    }
    incoming.read(this.#countUp(this.#upward(connection)));
  }

  /** Nobody wants the rest of it. */
  cancel(): void {
    this.#request?.cancel();
    this.#request = null;
  }

  /** The answer is out; an upload that it came too early for ends here. */
  finished(): void {
    if (!this.#isSent) this.cancel();
  }

  /** Rewrites the whole body first, so that its new length can be announced. */
  #collect(connection: UpstreamConnection, body: Transform): void {
    const { incoming } = this.#exchange;
    const { headers } = this.#outgoing;
    const onFail = (error: Error): void => this.#exchange.fail(error);
    const onWhole = (bytes: Buffer, trailers: RawHeaders): void =>
      this.#exchange.guarded(() => {
        const measured = withHeader(withoutHeaders(headers, 'expect'), 'content-length', String(bytes.length));
        this.#outgoing = { ...this.#outgoing, headers: measured, body: null, bodyBytes: bytes.length };
        const sink = this.#upward(connection);
        sink.write(bytes);
        sink.end(trailers);
      });
    // The outside is asked only when there is all of it: whoever waits to be asked is asked here.
    if (headerValues(headers, 'expect').length > 0) {
      incoming.interim({ status: 100, reason: 'Continue', headers: [] });
    }
    const whole = new Collect({
      maxBytes: 2 * maxCollectedBytes,
      keep: this.#exchange.memory.keeper(),
      onWhole,
      onFail,
    });
    incoming.read(this.#countUp(new Through(body, whole, onFail)));
  }

  /** Sends the head; what it returns takes the body. */
  #upward(connection: UpstreamConnection): BodySink {
    const { incoming, context } = this.#exchange;
    const { target, headers, body, bodyBytes } = this.#outgoing;
    const { destination, protocol } = context.connection;
    const host = destination.host.includes(':') ? `[${destination.host}]` : destination.host;
    // A kept connection may have been closed on the other side while the request was on its way.
    const mayBeStale = connection.isUsed && incoming.version === '1.1';
    this.#request = connection.send(
      {
        method: incoming.method,
        target,
        scheme: protocol,
        authority: destination.port === defaultPorts[protocol] ? host : `${host}:${destination.port}`,
        headers: incoming.version === '2' ? withoutHeaders(headers, 'host') : headers,
        bodyBytes,
        isWebSocket: incoming.isWebSocket,
      },
      {
        interim: (head) => this.#exchange.guarded(() => this.#interim(head)),
        head: (head, hasBody) => this.#answered(head, hasBody),
        failed: (error) => this.#exchange.unanswered(error, mayBeStale),
      },
    );
    const paced = this.#through(this.#paceUp, this.#request.body);
    if (!incoming.isWebSocket) return this.#through(body, paced);
    return this.#isWatched() ? this.#frames(paced, 'up') : paced;
  }

  #countUp(next: BodySink): BodySink {
    const exchange = this.#exchange;
    const isTaped = !exchange.incoming.isWebSocket;
    const counted = new Tap(next, {
      chunk: (chunk) => {
        exchange.bytesUp += chunk.length;
        exchange.context.touch();
        if (isTaped) exchange.taped?.requestBody(chunk);
      },
      end: (trailers) => {
        this.#isSent = true;
        if (isTaped) exchange.taped?.requestEnd(trailers);
      },
      abort: () => exchange.uploadBroke(),
    });
    return this.#broker ? new TrailerGate(counted, (trailers) => this.#admitted(trailers)) : counted;
  }

  #admitted(trailers: RawHeaders): RawHeaders | null {
    const refused = this.#broker?.outgoingTrailers(trailers, this.#grant);
    if (refused) this.#exchange.fail(forbidden(refused));
    return refused ? null : trailers;
  }

  #interim(head: ResponseHead): void {
    const shown = this.#shown({ ...head, headers: endToEnd(head.headers, false) });
    this.#exchange.taped?.response(shown);
    this.#exchange.incoming.interim(shown);
  }

  #answered(head: ResponseHead, hasBody: boolean): BodySink {
    let sink: BodySink = nowhere;
    this.#exchange.guarded(() => {
      sink = this.#downward(head, hasBody);
    });
    return sink;
  }

  #downward(head: ResponseHead, hasBody: boolean): BodySink {
    const exchange = this.#exchange;
    const isWebSocket = head.status === 101;
    const passed = { ...head, headers: endToEnd(head.headers, isWebSocket) };
    const scrub = hasBody && !isWebSocket ? (this.#broker?.incomingBody(passed, exchange.memory) ?? null) : null;
    const pace = this.#sandbox.meter.stream(this.#grant, 'down', responseHeadBytes(head));
    const scrubbed = this.#shown(passed);
    const shown = scrub ? { ...scrubbed, headers: withoutHeaders(scrubbed.headers, 'content-length') } : scrubbed;
    if (exchange.incoming.isWebSocket) exchange.taped?.requestEnd();
    exchange.taped?.response(shown);
    exchange.responds(head.status);
    const counted = this.#countDown(exchange.incoming.respond(shown, hasBody), isWebSocket);
    const watched = isWebSocket && this.#isWatched() ? this.#frames(counted, 'down') : counted;
    const paced = this.#through(hasBody ? pace : null, watched);
    return this.#through(scrub, paced);
  }

  #countDown(next: BodySink, isWebSocket: boolean): BodySink {
    const exchange = this.#exchange;
    const counted = new Tap(next, {
      chunk: (chunk) => {
        exchange.bytesDown += chunk.length;
        exchange.context.touch();
        if (!isWebSocket) exchange.taped?.responseBody(chunk);
      },
      end: (trailers) => {
        exchange.taped?.responseEnd(trailers);
        exchange.finish(null);
      },
      abort: (error) => exchange.brokenOff(error),
    });
    const broker = this.#broker;
    return broker ? new TrailerGate(counted, (trailers) => broker.incomingTrailers(trailers)) : counted;
  }

  #shown(head: ResponseHead): ResponseHead {
    return this.#broker?.incomingHead(head) ?? head;
  }

  #isWatched(): boolean {
    return this.#exchange.taped !== null || this.#broker !== null;
  }

  #frames(next: BodySink, direction: 'up' | 'down'): BodySink {
    const guard = this.#guard();
    const events: FrameEvents = {
      frame: ({ opcode, payload }) => this.#exchange.taped?.frame(direction, opcode, payload),
      rewrite: guard && (({ opcode, payload }) => this.#guarded(guard, { direction, opcode, payload })),
      failed: (error) => this.#exchange.fail(error),
    };
    return new FrameStage(next, { isMasked: direction === 'up', events, memory: this.#exchange.memory });
  }

  #guarded(guard: FrameGuard, { direction, opcode, payload }: DirectedFrame): Uint8Array {
    if (direction === 'down') return guard.down(opcode, payload, true);
    const verdict = guard.up(opcode, payload, true);
    if (!verdict.allowed) throw forbidden(verdict.decision);
    return verdict.payload;
  }

  /** One for both directions. */
  #guard(): FrameGuard | null {
    this.#frameGuard ??= this.#broker?.frames(this.#grant) ?? null;
    return this.#frameGuard;
  }

  #through(transform: Transform | null, next: BodySink): BodySink {
    return transform ? new Through(transform, next, (error) => this.#exchange.fail(error)) : next;
  }
}

interface DirectedFrame {
  direction: 'up' | 'down';
  opcode: number;
  payload: Uint8Array;
}

const forbidden = (decision: Decision): HoldfastError =>
  new HoldfastError('forbidden', decision.message, { details: { decision } });

/** For what comes after the end. */
const nowhere: BodySink = { write: () => true, end: () => undefined, abort: () => undefined, onDrain: () => undefined };
