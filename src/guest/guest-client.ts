/** The guest, spoken to over one channel. Neighbours: processes.ts, exec.ts, attachment.ts, guest-files.ts do the verbs. */
import type { Buffer } from 'node:buffer';
import { type Scope, untilOrEnded } from '../base/index.ts';
import { asHoldfastError, type ExecResult, HoldfastError, type ProcessInfo } from '../schema/index.ts';
import { attach } from './attachment.ts';
import type { GuestChannel } from './channel.ts';
import { exec } from './exec.ts';
import { Fields, FieldWriter } from './fields.ts';
import { protocolError } from './frames.ts';
import { GuestFilesClient } from './guest-files.ts';
import { forget, forgetLater, listProcesses, openInput, resize, signal, spawn } from './processes.ts';
import { Tunnels } from './tunnels.ts';
import type {
  AttachProcess,
  ExecRequest,
  Guest,
  GuestAttachment,
  GuestFiles,
  GuestIdentity,
  GuestInput,
  GuestQuiet,
  GuestTunnels,
  SignalProcess,
  SpawnedProcess,
  SpawnRequest,
} from './types.ts';
import { messageTypes, protocolVersion, tags } from './wire.ts';

/** Under load, and behind a program that is just being started, an answer takes its time. */
const helloTimeoutMs = 15_000;
const handsOverFlag = 2;

/** Usable at once: the greeting leaves first, and requests behind it need not wait for its answer. */
export class GuestClient implements Guest {
  readonly files: GuestFiles;
  readonly tunnels: GuestTunnels;
  readonly #channel: GuestChannel;
  readonly #identity: Promise<GuestIdentity>;

  constructor(channel: GuestChannel) {
    this.#channel = channel;
    this.files = new GuestFilesClient(channel);
    this.tunnels = new Tunnels(channel);
    this.#identity = greet(channel);
    this.#identity.catch(() => undefined);
  }

  get closed(): HoldfastError | null {
    return this.#channel.closed;
  }

  onClose(listener: (reason: HoldfastError) => void): () => void {
    return this.#channel.onClose(listener);
  }

  close(): void {
    this.#channel.close();
  }

  hello(scope?: Scope): Promise<GuestIdentity> {
    return scope ? untilOrEnded(this.#identity, scope) : this.#identity;
  }

  async ping(scope?: Scope): Promise<void> {
    await this.#ask(messageTypes.ping, new FieldWriter(), 'reach the guest agent', scope);
  }

  spawn(request: SpawnRequest, scope?: Scope): Promise<SpawnedProcess> {
    return spawn(this.#channel, request, scope);
  }

  attach(processId: string, options: AttachProcess = {}, scope?: Scope): GuestAttachment {
    return attach(this.#channel, processId, options, scope);
  }

  exec(request: ExecRequest, scope?: Scope): Promise<ExecResult> {
    return exec(this.#channel, request, scope);
  }

  stdin(processId: string, scope?: Scope): Promise<GuestInput> {
    return openInput(this.#channel, processId, scope);
  }

  signal(processId: string, name: string | number, options: SignalProcess = {}, scope?: Scope): Promise<void> {
    return signal(this.#channel, processId, name, options, scope);
  }

  resize(processId: string, rows: number, columns: number, scope?: Scope): Promise<void> {
    return resize(this.#channel, processId, { rows, columns }, scope);
  }

  listProcesses(scope?: Scope): Promise<ProcessInfo[]> {
    return listProcesses(this.#channel, scope);
  }

  forget(processId: string, scope?: Scope): Promise<void> {
    return forget(this.#channel, processId, scope);
  }

  forgetLater(processId: string): void {
    forgetLater(this.#channel, processId);
  }

  async lease(leaseMs: number, scope?: Scope): Promise<void> {
    await this.#ask(messageTypes.lease, new FieldWriter().int(tags.leaseMs, leaseMs), 'renew the lease', scope);
  }

  /** As `lease`, but sent with the next request, or within 20 ms: whoever is about to ask for more does not wait for it. */
  leaseLater(leaseMs: number, failed: (error: unknown) => void): void {
    this.#channel.later(() => void this.lease(leaseMs).catch(failed));
  }

  /** After a restore: HELLO tells the incarnation from now on, and the lease begins anew. */
  async renew(to: { incarnation: string; generation: string; leaseMs: number }, scope?: Scope): Promise<void> {
    const fields = new FieldWriter().text(tags.incarnation, to.incarnation).text(tags.generation, to.generation);
    fields.int(tags.leaseMs, to.leaseMs);
    await this.#ask(messageTypes.renew, fields, 'renew the agent', scope);
  }

  async still(scope?: Scope): Promise<void> {
    await this.#ask(messageTypes.still, new FieldWriter(), 'keep its deadlines', scope);
  }

  async reset(scope?: Scope): Promise<void> {
    await this.#ask(messageTypes.reset, new FieldWriter(), 'reset the sandbox', scope);
  }

  async quiet(scope?: Scope): Promise<GuestQuiet> {
    const answer = new Fields(await this.#ask(messageTypes.quiet, new FieldWriter(), 'ask what is running', scope));
    return { processes: answer.int(tags.count), transfers: answer.int(tags.more) };
  }

  async shutdown(graceMs: number, scope?: Scope): Promise<void> {
    await this.#ask(messageTypes.shutdown, new FieldWriter().int(tags.graceMs, graceMs), 'shut down', scope);
  }

  #ask(type: number, fields: FieldWriter, action: string, scope: Scope | undefined): Promise<Buffer> {
    return this.#channel.call(type, fields, { kind: 'agent', action, name: '' }, { scope });
  }
}

/** Any failure here means that whoever answers is no agent of ours. */
async function greet(channel: GuestChannel): Promise<GuestIdentity> {
  try {
    const answer = await channel.call(
      messageTypes.hello,
      new FieldWriter().int(tags.version, protocolVersion),
      { kind: 'agent', action: 'greet the guest agent', name: '' },
      { timeoutMs: helloTimeoutMs },
    );
    const fields = new Fields(answer);
    const version = fields.int(tags.version);
    if (version !== protocolVersion)
      throw protocolError(`the guest speaks protocol ${version}, not ${protocolVersion}`);
    return {
      incarnation: fields.text(tags.incarnation),
      pid: fields.int(tags.pid),
      startedMs: fields.int(tags.startedMs),
      handsOver: ((fields.optionalInt(tags.flags) ?? 0) & handsOverFlag) !== 0,
    };
  } catch (error) {
    const reason = channel.closed ?? greetingError(asHoldfastError(error));
    channel.close(reason);
    throw reason;
  }
}

const greetingError = (cause: HoldfastError): HoldfastError =>
  cause.code === 'guest-protocol'
    ? cause
    : new HoldfastError('guest-protocol', `the guest agent did not answer as one: ${cause.message}`, {
        cause,
        hint: 'Is this the socket of a running sandbox, and its agent of this version?',
      });
