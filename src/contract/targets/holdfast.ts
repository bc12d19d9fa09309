/** Our own substrates, through the service: what an AI agent behind any of our doors has. */
import { type CreateSandboxInput, type HoldfastService, isHoldfastError } from '../../schema/index.ts';
import { toolTerms } from '../initial/tools.ts';
import type { TargetDescription } from '../profile/index.ts';
import { troubleOfOurs } from './our-errors.ts';
import {
  asTargetError,
  type Target,
  TargetError,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from './target.ts';

const notHere = ['capability-missing', 'limit-unsupported'];

export class HoldfastTarget implements Target {
  readonly features: TargetFeatures = { stdin: 'yes', timeout: 'runtime', cwd: true, environment: true, files: 'door' };
  readonly #service: HoldfastService;
  readonly #create: CreateSandboxInput;
  readonly #spec: string;

  constructor(service: HoldfastService, create: CreateSandboxInput, spec: string) {
    this.#service = service;
    this.#create = create;
    this.#spec = spec;
  }

  /** Whole: the description cuts what is long, and leaves the values of variables out. */
  get identity(): CreateSandboxInput {
    return this.#create;
  }

  async describe(signal: AbortSignal): Promise<TargetDescription> {
    const service = this.#service;
    const [{ version }, tools, templates] = await mapped('describe', () =>
      Promise.all([service.version({ signal }), service.listTools({ signal }), service.listTemplates({ signal })]),
    );
    const { template = 'host', isolation = 'namespace', user = 'agent', limits = {}, network = 'none' } = this.#create;
    // Of variables only the names: a value may be a secret, and profiles are passed around.
    const environment = Object.keys(this.#create.environment ?? {}).join(' ');
    const digest = templates.find(({ name }) => name === template)?.digest ?? '';
    const rest = { user, limits: textOf(limits), network: textOf(network), environment, ...(digest && { digest }) };
    return {
      spec: this.#spec,
      kind: 'holdfast',
      title: `Holdfast sandbox of the template ${template}, isolation ${isolation}`,
      facts: { version, template, isolation, ...rest },
      tools: toolTerms(tools),
    };
  }

  async open(signal: AbortSignal): Promise<TargetSession> {
    try {
      const { id } = await this.#service.createSandbox(this.#create, { signal });
      return await this.#session(id, signal);
    } catch (error) {
      const { side, message } = asOurs(error, 'create');
      throw new TargetError(isAskedWrongly(error) ? 'harness' : side, 'not-started', message, { cause: error });
    }
  }

  async #session(id: string, signal: AbortSignal): Promise<TargetSession> {
    const service = this.#service;
    const { createdAt, expiresAt } = await service.getSandbox(id, { signal });
    return {
      name: id,
      // As it was given, however long it took to open: what the target's create asks for, else what the runtime gives.
      lifetimeMs: Date.parse(expiresAt) - Date.parse(createdAt),
      exec: (request, own) => mapped('exec', () => exec(service, id, request, own)),
      writeFile: (path, data, own) =>
        mapped('write', async () => void (await service.writeFile(id, path, data, { signal: own, parents: true }))),
      readFile: (path, mostBytes, own) => mapped('read', () => read(service, id, path, mostBytes, own)),
      fork: (own) => mapped('fork', () => this.#fork(id, own)),
      suspendAndResume: (own) =>
        mapped('suspend', async () => {
          await service.suspendSandbox(id, {}, { signal: own });
          await service.resumeSandbox(id, { signal: own });
        }),
      close: async () => void (await service.destroySandbox(id).catch(() => undefined)),
    };
  }

  /** By a snapshot of its own, which goes with the copy: a capture leaves nothing in the store. */
  async #fork(id: string, signal: AbortSignal): Promise<TargetSession> {
    const snapshot = await this.#service.createSnapshot(id, {}, { signal });
    const forget = async (): Promise<void> => this.#service.deleteSnapshot(snapshot.id).catch(() => undefined);
    try {
      const [copy] = await this.#service.forkSandbox(snapshot.id, { count: 1 }, { signal });
      if (!copy) throw new TargetError('runtime', 'garbage', 'the fork gave no sandbox');
      const session = await this.#session(copy.id, signal);
      return { ...session, close: () => session.close().then(forget) };
    } catch (error) {
      await forget();
      throw error;
    }
  }
}

async function exec(
  service: HoldfastService,
  id: string,
  { command, stdin, timeoutMs, cwd, environment }: TargetExec,
  signal: AbortSignal,
): Promise<TargetResult> {
  const argv = typeof command === 'string' ? ['sh', '-c', command] : [...command];
  const input = {
    argv,
    timeoutMs,
    ...(stdin === undefined ? {} : { stdin: new Uint8Array(stdin) }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(environment === undefined ? {} : { environment: { ...environment } }),
  };
  const result = await service.exec(id, input, { signal });
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    timedOut: result.reason === 'timed-out',
    stdout: result.stdout,
    stderr: result.stderr,
    cutBytes: result.stdoutCutBytes + result.stderrCutBytes,
  };
}

async function read(
  service: HoldfastService,
  id: string,
  path: string,
  mostBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { content } = await service.readFile(id, path, {}, { signal });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length > mostBytes)
      throw new TargetError('runtime', 'file-failed', `${path} is larger than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** What was asked for is not there, or cannot be had on this machine: no statement about how the runtime behaves. */
function isAskedWrongly(error: unknown): boolean {
  return (
    isHoldfastError(error) && (error.fault === 'caller' || error.fault === 'policy' || notHere.includes(error.code))
  );
}

async function mapped<T>(during: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asOurs(error, during);
  }
}

function asOurs(error: unknown, during: string): TargetError {
  const isOurs = isHoldfastError(error) && !(error instanceof TargetError);
  return isOurs ? troubleOfOurs(error, during) : asTargetError(error, during);
}

const textOf = (value: unknown): string => JSON.stringify(value).slice(0, 500);
