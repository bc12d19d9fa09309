/** `e2b` or `e2b:template`: sandboxes of E2B by its npm package `e2b`, with `E2B_API_KEY` in the environment. */
import { hostVariables } from '../../base/index.ts';
import type { TargetDescription } from '../profile/index.ts';
import type { E2bPackage, E2bResult, E2bSandbox, RunOptions } from './e2b-package.ts';
import {
  quoteWords,
  type Target,
  TargetError,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from './target.ts';
import { kindOf, loadVendor, messageOf, needKey, type VendorOptions } from './vendor.ts';

/** Long enough for a session; whoever makes a sandbox says how long it lives, so this is no observation. */
const askedMs = 3_600_000;
const ofTheWay = ['AuthenticationError', 'RateLimitError', 'TypeError', 'ConnectError'];

export class E2bTarget implements Target {
  readonly features: TargetFeatures = { stdin: 'yes', timeout: 'runtime', cwd: true, environment: true, files: 'door' };
  readonly #template: string;
  readonly #options: VendorOptions;

  constructor(template: string, options: VendorOptions) {
    this.#template = template;
    this.#options = options;
  }

  async describe(): Promise<TargetDescription> {
    needKey('E2B_API_KEY');
    loadVendor('e2b', this.#options);
    const template = this.#template || 'base';
    const domain = hostVariables()['E2B_DOMAIN'] ?? 'e2b.app';
    return {
      spec: `e2b:${template}`,
      kind: 'e2b',
      title: `E2B sandbox of the template ${template}`,
      facts: { template, domain },
    };
  }

  async open(): Promise<TargetSession> {
    // The package's own shape, as far as it is used here.
    const { Sandbox } = loadVendor('e2b', this.#options) as E2bPackage;
    const options = { timeoutMs: askedMs };
    const create = this.#template === '' ? Sandbox.create(options) : Sandbox.create(this.#template, options);
    const sandbox = await create.catch((error: unknown) => {
      throw new TargetError(sideOf(error), 'not-started', `E2B gave no sandbox: ${messageOf(error)}`, { cause: error });
    });
    return {
      name: sandbox.sandboxId,
      lifetimeMs: null,
      exec: (request) => exec(sandbox, request),
      writeFile: (path, data) =>
        told('file-failed', () => sandbox.files.write(path, Uint8Array.from(data).buffer).then(() => undefined)),
      readFile: (path, mostBytes) =>
        told('file-failed', async () => {
          const bytes = await sandbox.files.read(path, { format: 'bytes' });
          if (bytes.length > mostBytes)
            throw new TargetError('runtime', 'file-failed', `${path} is larger than ${mostBytes} bytes`);
          return bytes;
        }),
      close: () =>
        sandbox.kill().then(
          () => undefined,
          () => undefined,
        ),
    };
  }
}

async function exec(
  sandbox: E2bSandbox,
  { command, stdin, timeoutMs, cwd, environment }: TargetExec,
): Promise<TargetResult> {
  const heard = { stdout: '', stderr: '' };
  const line = typeof command === 'string' ? command : quoteWords(command);
  const options: RunOptions = {
    timeoutMs,
    ...(cwd === undefined ? {} : { cwd }),
    ...(environment === undefined ? {} : { envs: { ...environment } }),
    onStdout: (text) => {
      heard.stdout += text;
    },
    onStderr: (text) => {
      heard.stderr += text;
    },
  };
  try {
    return resultOf(
      stdin === undefined ? await sandbox.commands.run(line, options) : await withStdin(sandbox, line, options, stdin),
    );
  } catch (error) {
    // A status other than 0 is an error of the package, with the result in it.
    if (kindOf(error) === 'CommandExitError') return resultOf(error as E2bResult);
    if (kindOf(error) === 'TimeoutError' && /timed? ?out|deadline|exceeded/i.test(messageOf(error)) && !isGone(error))
      return { ...resultOf(heard), timedOut: true };
    throw asTrouble(error, 'refused');
  }
}

async function withStdin(
  sandbox: E2bSandbox,
  line: string,
  options: RunOptions,
  stdin: Uint8Array,
): Promise<E2bResult> {
  const handle = await sandbox.commands.run(line, { ...options, background: true, stdin: true });
  await handle.sendStdin(stdin);
  await handle.closeStdin();
  return handle.wait();
}

/** The package hands text on, so bytes that are none are lost before they are here. */
function resultOf({ exitCode, error, stdout, stderr }: E2bResult): TargetResult {
  const [, signal] = /^signal: (\S+)/.exec(error ?? '') ?? [];
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  return {
    exitCode: exitCode ?? null,
    signal: signal ?? null,
    timedOut: false,
    stdout: bytes(stdout),
    stderr: bytes(stderr),
    cutBytes: 0,
  };
}

async function told<T>(trouble: 'file-failed', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asTrouble(error, trouble);
  }
}

function asTrouble(error: unknown, otherwise: 'refused' | 'file-failed'): TargetError {
  if (error instanceof TargetError) return error;
  if (isGone(error)) return new TargetError('runtime', 'died', messageOf(error), { cause: error });
  const side = sideOf(error);
  return new TargetError(side, side === 'harness' ? 'unreachable' : otherwise, messageOf(error), { cause: error });
}

/** The package uses its error for time also for a sandbox that is not there any more, and says so in words. */
function isGone(error: unknown): boolean {
  return (
    kindOf(error) === 'SandboxNotFoundError' ||
    /sandbox (?:timeout|was not found|is not running|not found)/i.test(messageOf(error))
  );
}

function sideOf(error: unknown): 'harness' | 'runtime' {
  return ofTheWay.includes(kindOf(error)) || /fetch failed|ECONN|ENOTFOUND/.test(messageOf(error))
    ? 'harness'
    : 'runtime';
}
