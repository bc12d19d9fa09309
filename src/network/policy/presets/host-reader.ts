/**
 * The real reader: programs, files and names of this machine, each with the scope's deadline.
 *
 * 1. No program is started where this process stands. That may be anybody's directory: `python3 -m` would take its modules
 *    from there, and every manager its settings.
 */
import { lookup } from 'node:dns/promises';
import { readdir, readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { runProcess, type Scope } from '../../../base/index.ts';
import { HoldfastError, isHoldfastError } from '../../../schema/index.ts';
import type { PresetReader, ProgramOutput } from './reader.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const mostBytes = 8 * 1024 * 1024;

/** @param environment the daemon's own: package managers find their configuration by HOME, PATH and their variables */
export function hostPresetReader(environment: Variables, scope: Scope): PresetReader {
  return {
    environment,
    run: (file, args, more = {}) => run({ file, args, environment: { ...defined(environment), ...more } }, scope),
    read: (path) => readFile(path).catch(missing(null)),
    list: async (path) => (await readdir(path).catch(missing<string[]>([]))).sort(),
    fetch: (url) => fetchPage(url, environment, scope),
    resolve: async (host) => {
      const answers = await lookup(host, { all: true }).catch(() => []);
      return answers.map(({ address }) => address);
    },
  };
}

async function run(
  request: { file: string; args: readonly string[]; environment: Record<string, string> },
  scope: Scope,
): Promise<ProgramOutput | null> {
  const out = new Gathered(request.file);
  try {
    const onStdout = (chunk: Buffer): void => out.add(chunk);
    const { status, stderr } = await runProcess({ ...request, directory: '/', onStdout }, scope);
    return { status, stdout: out.text(), stderr };
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'capability-missing') return null;
    throw error;
  }
}

/** Output that does not grow without bound. */
class Gathered {
  readonly #what: string;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(what: string) {
    this.#what = what;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > mostBytes) {
      throw new HoldfastError('capability-missing', `${this.#what} gave more than ${mostBytes} bytes`, {
        hint: 'That is no answer of a package manager or its registry; check what is configured.',
      });
    }
    this.#chunks.push(chunk);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** By the host's own proxy and authorities, as the package manager would. */
async function fetchPage(
  url: string,
  environment: Variables,
  scope: Scope,
): Promise<{ status: number; url: string; text: string }> {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const ca = [...getCACertificates('default'), ...getCACertificates('system')];
  const proxy = (name: string): string => environment[name] ?? environment[name.toUpperCase()] ?? '';
  const agent = new EnvHttpProxyAgent({
    httpProxy: proxy('http_proxy'),
    httpsProxy: proxy('https_proxy'),
    noProxy: proxy('no_proxy'),
    connect: { ca },
    requestTls: { ca },
  });
  try {
    const response = await fetch(url, {
      dispatcher: agent,
      signal: scope.signal,
      headers: { accept: 'text/html, application/json;q=0.9, */*;q=0.1' },
    });
    const page = new Gathered(url);
    for await (const chunk of response.body ?? []) page.add(chunk);
    return { status: response.status, url: response.url, text: page.text() };
  } finally {
    await agent.destroy();
  }
}

function missing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return instead;
    throw error;
  };
}

function defined(environment: Variables): Record<string, string> {
  const pairs = Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(pairs);
}
