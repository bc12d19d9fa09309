/**
 * `daytona` or `daytona:snapshot`: sandboxes of Daytona by its npm package `@daytonaio/sdk`, with `DAYTONA_API_KEY` in
 * the environment. Its commands have one output for both streams, text only, and no stdin.
 */
import { hostVariables } from '../../base/index.ts';
import type { TargetDescription } from '../profile/index.ts';
import type { DaytonaPackage, DaytonaSandbox } from './daytona-package.ts';
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

const startSeconds = 110;
const gone = ['DaytonaGoneError', 'DaytonaSessionEndedError'];
const timedOut = ['DaytonaProcessExecutionTimeoutError', 'DaytonaTimeoutError'];

export class DaytonaTarget implements Target {
  readonly features: TargetFeatures = { stdin: 'no', timeout: 'runtime', cwd: true, environment: true, files: 'door' };
  readonly #snapshot: string;
  readonly #options: VendorOptions;

  constructor(snapshot: string, options: VendorOptions) {
    this.#snapshot = snapshot;
    this.#options = options;
  }

  async describe(): Promise<TargetDescription> {
    needKey('DAYTONA_API_KEY');
    loadVendor('@daytonaio/sdk', this.#options);
    const snapshot = this.#snapshot || 'default';
    const facts = { snapshot, region: hostVariables()['DAYTONA_TARGET'] ?? 'default' };
    return {
      spec: `daytona:${snapshot}`,
      kind: 'daytona',
      title: `Daytona sandbox of the snapshot ${snapshot}`,
      facts,
    };
  }

  async open(): Promise<TargetSession> {
    // The package's own shape, as far as it is used here.
    const { Daytona } = loadVendor('@daytonaio/sdk', this.#options) as DaytonaPackage;
    const parameters = { ephemeral: true, ...(this.#snapshot === '' ? {} : { snapshot: this.#snapshot }) } as const;
    let sandbox: DaytonaSandbox;
    try {
      sandbox = await new Daytona().create(parameters, { timeout: startSeconds });
    } catch (error) {
      throw new TargetError(sideOf(error), 'not-started', `Daytona gave no sandbox: ${messageOf(error)}`, {
        cause: error,
      });
    }
    return {
      name: sandbox.id,
      lifetimeMs: null,
      exec: (request) => exec(sandbox, request),
      writeFile: (path, data) => told('file-failed', () => sandbox.fs.uploadFile(Buffer.from(data), path)),
      readFile: (path, mostBytes) =>
        told('file-failed', async () => {
          const bytes = await sandbox.fs.downloadFile(path);
          if (bytes.length > mostBytes)
            throw new TargetError('runtime', 'file-failed', `${path} is larger than ${mostBytes} bytes`);
          return bytes;
        }),
      close: () => sandbox.delete().catch(() => undefined),
    };
  }
}

async function exec(
  { process }: DaytonaSandbox,
  { command, timeoutMs, cwd, environment }: TargetExec,
): Promise<TargetResult> {
  const line = typeof command === 'string' ? command : quoteWords(command);
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  const nothing = { stdout: new Uint8Array(), stderr: new Uint8Array(), signal: null, cutBytes: 0 };
  try {
    const { exitCode, result = '' } = await process.executeCommand(
      line,
      cwd,
      environment && { ...environment },
      seconds,
    );
    // A missing status stays missing.
    return { ...nothing, exitCode: exitCode ?? null, timedOut: false, stdout: new TextEncoder().encode(result) };
  } catch (error) {
    if (timedOut.includes(kindOf(error))) return { ...nothing, exitCode: null, timedOut: true };
    throw asTrouble(error, 'refused');
  }
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
  if (gone.includes(kindOf(error))) return new TargetError('runtime', 'died', messageOf(error), { cause: error });
  const side = sideOf(error);
  return new TargetError(side, side === 'harness' ? 'unreachable' : otherwise, messageOf(error), { cause: error });
}

function sideOf(error: unknown): 'harness' | 'runtime' {
  const isOfTheWay = /Authentication|Authorization|Connection|RateLimit|BadGateway|ServiceUnavailable/.test(
    kindOf(error),
  );
  return isOfTheWay || /ECONN|ENOTFOUND|socket hang up/.test(messageOf(error)) ? 'harness' : 'runtime';
}
