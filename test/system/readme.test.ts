/**
 * README.md's first five minutes, docs/network.md and docs/agents.md, typed as they stand there: each `sh` block in order, in one shell a
 * document, in an empty home. What stands below a command must be its stdout; `...` fits anything. README.md's `ts` block is run as the
 * program of somebody who depends on this package.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unixTransport } from '../../src/base/http.ts';
import { createClient } from '../../src/client/index.ts';

const root = join(import.meta.dirname, '../..');
const commandTimeoutMs = 50_000;

interface Step {
  command: string;
  expected: string;
}

const documents = [
  { name: 'README.md', least: 15 },
  { name: 'docs/network.md', least: 10 },
  { name: 'docs/agents.md', least: 15 },
].map(({ name, least }) => ({ name, least, text: readFileSync(join(root, name), 'utf8') }));
const directory = mkdtempSync('/var/tmp/hfr-');
const home = join(directory, 'home');

beforeAll(() => {
  symlinkSync(join(root, 'holdfast'), join(directory, 'holdfast'));
  symlinkSync(join(root, 'examples'), join(directory, 'examples'));
});

afterAll(async () => {
  await endDaemon();
  rmSync(directory, { recursive: true, force: true });
});

describe.each(documents)('$name', ({ text, least }) => {
  const blocks = blocksOf(text);
  let shell: Shell;

  beforeAll(async () => {
    shell = new Shell();
    const [, policy] = /^```yaml\n(# policy\.yaml\n[\s\S]*?)^```$/m.exec(text) ?? [];
    if (policy !== undefined) writeFileSync(join(directory, 'policy.yaml'), policy);
    await shell.type('export PATH="$PWD:$PATH"');
  });
  afterAll(() => shell.close());

  it('has steps to run', () => {
    expect(blocks.flat().length).toBeGreaterThanOrEqual(least);
  });

  for (const [index, steps] of blocks.entries()) {
    const hasAll = existsSync('/usr/bin/python3') || !steps.some(({ command }) => command.includes('python3'));
    const title = `block ${index + 1}: ${steps[0]?.command ?? ''}`;
    it.skipIf(!hasAll)(`${title}${hasAll ? '' : ' (skipped: needs python3)'}`, async () => {
      for (const { command, expected } of steps) {
        const { stdout, stderr } = await shell.type(command);
        expect(stdout, `${command}\n${stderr}`).toMatch(patternOf(expected));
      }
    });
  }
});

describe('README.md as a library', () => {
  const [, program = ''] = /^```ts\n([\s\S]*?)^```$/m.exec(documents[0]?.text ?? '') ?? [];

  it.skipIf(!existsSync('/usr/bin/python3'))('is a program that answers (skipped without python3)', async () => {
    mkdirSync(join(directory, 'node_modules'));
    symlinkSync(root, join(directory, 'node_modules/holdfast'));
    const file = join(directory, 'program.ts');
    writeFileSync(file, `${program}\nconsole.log(JSON.stringify({ exitCode, stdoutText }));\n`);
    const env = { PATH: process.env['PATH'], HOLDFAST_HOME: join(directory, 'library') };
    const words = ['--disable-warning=ExperimentalWarning', file];
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: directory, env });
    expect(JSON.parse(stdout)).toEqual({ exitCode: 0, stdoutText: '42\n' });
  });
});

/** One bash for all blocks, so that variables and directories last. */
class Shell {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #count = 0;

  constructor() {
    const { PATH = '', HOME = '/' } = process.env;
    this.#child = spawn('bash', ['--noprofile', '--norc'], {
      cwd: directory,
      env: { PATH, HOME, LANG: 'C.UTF-8', HOLDFAST_HOME: home, TOKEN: 'a-token-of-many-letters' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
  }

  async type(command: string): Promise<{ stdout: string; stderr: string }> {
    this.#stdout = '';
    this.#stderr = '';
    const mark = `--- end of ${this.#count++}`;
    this.#child.stdin?.write(`{ ${command}\n} </dev/null\necho '${mark}'\n`);
    const deadline = performance.now() + commandTimeoutMs;
    while (!this.#stdout.includes(mark)) {
      if (performance.now() > deadline) throw new Error(`no end of: ${command}\n${this.#stdout}\n${this.#stderr}`);
      await sleep(2);
    }
    return { stdout: this.#stdout.slice(0, this.#stdout.indexOf(mark)), stderr: this.#stderr };
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

function blocksOf(text: string): Step[][] {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => {
    const steps: Step[] = [];
    for (const line of block.split('\n').slice(0, -1)) {
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), expected: '' });
      else {
        const last = steps.at(-1);
        if (!last) throw new Error(`output without a command: ${line}`);
        last.expected += `${line}\n`;
      }
    }
    return steps;
  });
}

function patternOf(expected: string): RegExp {
  const literal = expected.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('\\.\\.\\.', '[\\s\\S]*?')}$`);
}

async function endDaemon(): Promise<void> {
  const transport = unixTransport(join(home, 'run/holdfastd.sock'));
  const service = createClient(transport);
  const version = await service.version().catch(() => null);
  if (version?.pid) {
    const { items } = await service.listSandboxes({ limit: 1000 });
    for (const { id } of items) await service.destroySandbox(id);
    process.kill(version.pid, 'SIGTERM');
    const deadline = performance.now() + 10_000;
    while (isAlive(version.pid) && performance.now() < deadline) await sleep(20);
  }
  transport.close();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
