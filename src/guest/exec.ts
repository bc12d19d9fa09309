/**
 * Start, feed and collect one process in the latency of one round trip: SPAWN, ATTACH and STDIN leave together.
 *
 * 1. Output is taken in as it comes, at most `outputCapBytes` of each stream is kept, and what is cut is counted.
 * 2. Whatever ends the wait early (scope, silence of the agent, a failed attachment) kills the process tree, if the
 *    connection is still there to say so.
 */
import type { Buffer } from 'node:buffer';
import type { Scope } from '../base/index.ts';
import { asHoldfastError, type ExecResult, HoldfastError, isHoldfastError, type ProcessExit } from '../schema/index.ts';
import { attachFields } from './attachment.ts';
import type { GuestChannel } from './channel.ts';
import { type ChannelRequest, unexpected } from './channel-request.ts';
import type { Subject } from './errno.ts';
import { HeadTail } from './head-tail.ts';
import { OutputTracker } from './output.ts';
import { openUpload, readSpawned, signal, spawnFields, spawnSubject } from './processes.ts';
import type { ExecRequest, SpawnedProcess } from './types.ts';
import type { Upload } from './upload.ts';
import { messageTypes } from './wire.ts';

const windowBytes = 1024 * 1024;
const grantAfterBytes = windowBytes / 4;
/**
 * Most commands are over by then, in an emulated machine too: their frames come in one piece, which wakes this process once and
 * the agent not at all before their end. A caller hears nothing before it anyway.
 */
const gatherMs = 50;
/** How long past timeout and grace the agent, who enforces both, may stay silent. */
const guardMs = 5000;

export function exec(channel: GuestChannel, request: ExecRequest, scope: Scope | undefined): Promise<ExecResult> {
  return new Execution(channel, request).run(scope);
}

class Execution {
  readonly #channel: GuestChannel;
  readonly #request: ExecRequest;
  readonly #result = Promise.withResolvers<ExecResult>();
  readonly #tracker = new OutputTracker(0, 0);
  readonly #collected: { stdout: HeadTail; stderr: HeadTail };
  #attachment: ChannelRequest | null = null;
  #input: Upload | null = null;
  #exit: ProcessExit | null = null;
  #spawned = false;
  #ended = false;
  #ungranted = 0;
  #cleanUp: (() => void)[] = [];

  constructor(channel: GuestChannel, request: ExecRequest) {
    this.#channel = channel;
    this.#request = request;
    const cap = request.outputCapBytes;
    this.#collected = { stdout: new HeadTail(cap), stderr: new HeadTail(cap) };
  }

  async run(scope: Scope | undefined): Promise<ExecResult> {
    scope?.throwIfEnded();
    this.#watch(scope);
    try {
      this.#send();
    } catch (error) {
      this.#fail(asHoldfastError(error));
    }
    return this.#result.promise;
  }

  #send(): void {
    const { stdin, ...request } = this.#request;
    const feeds = stdin !== undefined && stdin.length > 0;
    const spawning = this.#channel.call(
      messageTypes.spawn,
      // What is fed waits for the answer.
      spawnFields({ ...request, stdin: feeds, gatherMs: feeds ? 0 : gatherMs }),
      spawnSubject(request),
    );
    const subject: Subject = { kind: 'process', action: 'collect the output of process', name: request.processId };
    const spawned = spawning.then((payload) => this.#started(payload));
    spawned.catch((error: unknown) => this.#startFailed(asHoldfastError(error)));
    this.#attachment = this.#channel.request(messageTypes.attach, attachFields(request.processId, {}, windowBytes), {
      subject,
      okEnds: false,
      credit: windowBytes,
      borrows: true,
      answer: (type, payload) => this.#take(type, payload, subject),
      failed: (error) => void spawned.then(() => this.#fail(error)).catch(() => undefined),
    });
    if (feeds) {
      this.#input = openUpload(this.#channel, request.processId, undefined);
      void this.#feed(this.#input, stdin, spawned);
    }
  }

  #started(payload: Buffer): SpawnedProcess {
    const spawned = readSpawned(payload, this.#request.processId);
    this.#spawned = true;
    if (this.#exit) this.#succeed(this.#exit);
    return spawned;
  }

  /** Refused by the guest, there is nothing to kill; without an answer there may be. */
  #startFailed(error: HoldfastError): void {
    this.#fail(error, error.code === 'deadline-exceeded');
  }

  #take(type: number, payload: Buffer, subject: Subject): void {
    if (type === messageTypes.output) {
      const chunk = this.#tracker.chunk(payload);
      this.#collected[chunk.stream].push(chunk.data);
      this.#ungranted += chunk.data.length;
      if (this.#ungranted < grantAfterBytes) return;
      this.#attachment?.grant(this.#ungranted);
      this.#ungranted = 0;
    } else if (type === messageTypes.exit) {
      this.#exit = this.#tracker.exit(payload);
      // The answer to SPAWN came first, but its promise's turn may still be to come.
      if (this.#spawned) this.#succeed(this.#exit);
    } else throw unexpected(type, subject);
  }

  async #feed(input: Upload, bytes: Uint8Array, spawned: Promise<SpawnedProcess>): Promise<void> {
    try {
      if ((await spawned).existed) return input.cancel(alreadyFed(this.#request.processId));
      await input.write(bytes);
      await input.end();
    } catch (error) {
      // A process that does not read its input is no failure; how it ended tells the rest.
      if (!isHoldfastError(error) || error.code !== 'wrong-state') this.#fail(asHoldfastError(error));
    }
  }

  #watch(scope: Scope | undefined): void {
    const { timeoutMs, graceMs, processId } = this.#request;
    if (scope) this.#cleanUp.push(scope.onEnd((reason) => this.#fail(asHoldfastError(reason))));
    if (timeoutMs === undefined) return;
    const allMs = timeoutMs + graceMs + guardMs;
    this.#cleanUp.push(this.#channel.clock.after(allMs, () => this.#fail(silentError(processId, allMs))));
  }

  #succeed(exit: ProcessExit): void {
    if (!this.#finish()) return;
    const stdout = this.#collected.stdout.result(exit.stdoutBytes);
    const stderr = this.#collected.stderr.result(exit.stderrBytes);
    this.#result.resolve({
      ...exit,
      processId: this.#request.processId,
      stdout: stdout.data,
      stderr: stderr.data,
      stdoutCutBytes: stdout.cutBytes,
      stderrCutBytes: stderr.cutBytes,
    });
    this.#input?.cancel(new HoldfastError('cancelled', 'the process ended'));
  }

  #fail(error: HoldfastError, kill = true): void {
    if (!this.#finish()) return;
    this.#result.reject(error);
    this.#attachment?.cancel(error);
    this.#input?.cancel(error);
    if (!kill || this.#channel.closed) return;
    signal(this.#channel, this.#request.processId, 'SIGKILL', { tree: true }, undefined).catch(() => undefined);
  }

  /** False when it had ended already. */
  #finish(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    for (const clean of this.#cleanUp) clean();
    return true;
  }
}

const alreadyFed = (processId: string): HoldfastError =>
  new HoldfastError('wrong-state', `process ${processId} had been started before and is not fed again`);

const silentError = (processId: string, waitedMs: number): HoldfastError =>
  new HoldfastError('deadline-exceeded', `the guest said nothing about process ${processId} for ${waitedMs} ms`, {
    hint: 'Its deadline should have ended it; the sandbox may be suspended or dead. Inspect it.',
  });
