import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runCli } from '../../test/fixtures/cli.ts';
import { directoryService } from '../../test/fixtures/directory-service.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { HoldfastError } from '../schema/error-class.ts';
import { parseInput } from '../schema/index.ts';
import { connect } from './daemon.ts';
import { hostFailure } from './host-failure.ts';
import { Interrupts } from './interrupts.ts';
import type { Io } from './io.ts';
import { holdLock } from './lock.ts';
import { Output } from './output.ts';
import { packDirectory } from './pack.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-failure-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const refused = (path: string, message: string, value?: unknown): HoldfastError =>
  new HoldfastError('invalid-argument', `body field ${path}: ${message}`, {
    details: { where: 'body', issues: [{ path, message, ...(value === undefined ? {} : { value }) }] },
  });

describe('what the API says of a field', () => {
  it.each([
    ['limits.memoryBytes', 'must be at least 16777216', '--memory must be at least 16.0 MiB'],
    ['limits.cpus', 'must be at least 0.01', '--cpus must be at least 0.01'],
    ['limits.processes', 'must be a whole number', '--processes must be a whole number'],
    ['lifetimeMs', 'must be at most 2592000000', '--lifetime must be at most 30 d'],
    ['environment.A B', 'Invalid key in record', '--env takes a NAME'],
    ['name', 'lower-case letters', '--name does not fit: lower-case letters'],
    ['name', 'must have at least 1 character', '--name must have at least 1 character'],
    ['name', 'must have at most 64 characters', '--name must have at most 64 characters'],
    ['network', 'takes none, npm', '--network takes none, npm'],
    ['unheard', 'Strange', 'body field unheard: Strange'],
  ])('is said of the flag: %s', async (path, message, said) => {
    const service = recordingService();
    service.failures.set('createSandbox', refused(path, message));
    const run = await runCli(['create'], service);
    expect(run).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(said) });
  });

  it.each([
    ['limits.memoryBytes', 'must be at least 16777216', 5, 'at least 16.0 MiB, not 5 B'],
    ['name', 'lower-case letters', 'UPPER', '--name does not fit: lower-case letters, not "UPPER"'],
  ])('names the value: %s', async (path, message, value, said) => {
    const service = recordingService();
    service.failures.set('createSandbox', refused(path, message, value));
    expect((await runCli(['create'], service)).stderr).toContain(said);
  });

  it('names the flag that contradicts the contract', async () => {
    const contradicting = async (argument: string): Promise<string> => {
      const service = recordingService();
      const refusal = new HoldfastError('invalid-argument', `${argument} contradicts c/1.0.0: it is 60 s`, {
        details: { field: 'f', argument },
      });
      service.failures.set('createSandbox', refusal);
      return (await runCli(['create'], service)).stderr;
    };
    expect(await contradicting('lifetimeMs')).toContain('--lifetime contradicts c/1.0.0: it is 60 s');
    expect(await contradicting('limits.memoryBytes')).toContain('--memory contradicts');
    expect(await contradicting('environment.PATH')).toContain('--env contradicts');
    expect(await contradicting('user')).toContain('user contradicts');
  });

  it('speaks of no value that may be a secret', () => {
    const schema = z.strictObject({ name: z.string().max(2), environment: z.record(z.string(), z.string().max(2)) });
    const refusal = (): unknown => parseInput(schema, { name: 'long', environment: { TOKEN: 'hush-hush' } }, 'create');
    expect(refusal).toThrow(/name: .*, not "long"/);
    expect(refusal).not.toThrow(/hush/);
  });
});

describe('what this machine refuses', () => {
  const failed = (code: string, more: object = {}): unknown =>
    hostFailure(Object.assign(new Error(`${code}: words`), { code, syscall: 'open', ...more }));

  it('is told with the path, and is no bug', () => {
    expect(failed('EACCES', { path: '/a' })).toMatchObject({
      code: 'permission-denied',
      fault: 'caller',
      message: '/a: permission denied',
    });
    expect(failed('ENOSPC', { syscall: 'write' })).toMatchObject({
      code: 'host-disk-full',
      message: 'what stdout leads to: no space left on this machine',
    });
    expect(failed('ENOSYS')).not.toBeInstanceOf(HoldfastError);
    const other = new TypeError('a bug');
    expect(hostFailure(other)).toBe(other);
  });

  it('is told of a working directory that is gone, and only where one is needed', () => {
    const main = join(import.meta.dirname, 'main.mjs');
    const line = (words: string): ReturnType<typeof spawnSync> => {
      const script = `mkdir gone; cd gone; rmdir ../gone; exec "$NODE" --disable-warning=ExperimentalWarning "$MAIN" ${words}`;
      const env = { ...process.env, NODE: process.execPath, MAIN: main, HOLDFAST_HOME: join(directory, 'home') };
      return spawnSync('sh', ['-c', script], { cwd: directory, env, encoding: 'utf8' });
    };
    expect(line('version')).toMatchObject({ status: 0, stderr: '' });
    const said =
      'holdfast: the working directory is not there any more (file-not-found)\n  hint: Go to one that is there.\n';
    expect(line('export box -o x')).toMatchObject({ status: 3, stdout: '', stderr: said });
    expect(line('run -- true')).toMatchObject({ status: 125, stdout: '', stderr: said });
  });

  it('is found before the work where it would lose its result', async () => {
    const service = recordingService();
    for (const [patch, word] of [
      ['none/x.patch', 'there is no directory'],
      ['.', 'is a directory'],
    ] as const) {
      const run = await runCli(['run', '--patch', patch, '--', 'true'], service, { directory });
      expect(run).toMatchObject({ status: 125, stderr: expect.stringContaining(word) });
    }
    expect(service.calls).toEqual([]);
  });
});

describe('words in another order', () => {
  it('--json may stand before the verb', async () => {
    const service = recordingService();
    const inspected = await runCli(['--json', 'inspect', service.ids.sandbox], service);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ id: service.ids.sandbox });
    const run = await runCli(['--json', 'exec', 'none', '--', 'x', '--json'], service);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'sandbox-not-found' } });
    expect((await runCli(['--json', '--help'], null)).status).toBe(0);
    expect((await runCli(['template', '--json'], null)).stdout).toContain('template needs a verb of its own');
  });

  it('a shell takes no --, a relative --cwd starts at the workspace', async () => {
    expect((await runCli(['shell', '--help'], null)).stdout).toContain('Usage: holdfast shell [flags] [sandbox]');
    const service = recordingService();
    service.failures.set('startProcess', new HoldfastError('busy', 'enough for this test'));
    await runCli(['exec', '-w', 'sub', service.ids.sandbox, '--', 'pwd'], service);
    expect(service.calls.find(({ verb }) => verb === 'startProcess')?.args[1]).toMatchObject({ cwd: '/workspace/sub' });
  });
});

describe('a copy that is interrupted', () => {
  it('ends the stream where it is, also one that stands still', async () => {
    let send: (signal: NodeJS.Signals) => void = () => undefined;
    const onSignal: Io['onSignal'] = (_, handle) => {
      send = handle;
      return () => undefined;
    };
    const io = { onSignal } as Io;
    using interrupts = new Interrupts(io);
    const still = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    setTimeout(() => send('SIGINT'), 5);
    const status = await interrupts.statusOf(async () => {
      for await (const _ of interrupts.through(still)) expect.unreachable();
      return 0;
    });
    expect(status).toBe(130);
  });

  it('leaves a large file in the middle without an uncaught error or a warning', async () => {
    await writeFile(join(directory, 'large'), Buffer.alloc(8 * 1024 * 1024));
    const heard: unknown[] = [];
    // Node's own remarks, such as on experimental features, are none of this test's business.
    const hear = (what: Error): void => void (what.name === 'ExperimentalWarning' || heard.push(what.message));
    process.on('uncaughtException', hear).on('unhandledRejection', hear).on('warning', hear);
    for await (const _ of packDirectory(directory).tar) break;
    for await (const _ of packDirectory(directory).tar);
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('uncaughtException', hear).off('unhandledRejection', hear).off('warning', hear);
    expect(heard).toEqual([]);
  });
});

describe('a daemon that is gone', () => {
  const broken = new HoldfastError('daemon-unreachable', 'the attachment broke off');

  it('leaves run with the first error, the process and what becomes of the sandbox', async () => {
    await using service = await directoryService();
    const attach = service.attachProcess.bind(service);
    const exit = Promise.reject(broken);
    exit.catch(() => undefined);
    service.attachProcess = async (ref, id) => ({ ...(await attach(ref, id)), exit });
    service.destroySandbox = () => Promise.reject(new HoldfastError('daemon-unreachable', 'ECONNREFUSED'));
    const run = await runCli(['run', '--', 'true'], service);
    expect(run.status).toBe(125);
    expect(run.stderr).toMatch(/is not removed yet .*it ends by itself within 10 min/);
    expect(run.stderr).toMatch(/broke off \(daemon-unreachable\)\n {2}hint: The process goes on: holdfast logs -f /);
  });

  it('is asked for with an address and a key', async () => {
    const io = { environment: { HOLDFAST_URL: 'nonsense' }, stderr: {} } as unknown as Io;
    await expect(connect(io, new Output(io, true))).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'HOLDFAST_URL is not an address: nonsense',
    });
    const service = recordingService();
    service.failures.set('getSandbox', new HoldfastError('unauthenticated', 'no key', { hint: 'Send a header.' }));
    expect((await runCli(['inspect', service.ids.sandbox], service)).stderr).toContain('Set HOLDFAST_KEY');
    const serve = await runCli(['serve', '--pool', '1.5'], null, { environment: { HOLDFAST_HOME: directory } });
    expect(serve).toMatchObject({ status: 2, stderr: expect.stringContaining('--pool does not take "1.5"') });
  });

  it('is not waited for when somebody silent holds its socket', { timeout: 10_000 }, async () => {
    await mkdir(join(directory, 'run'));
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(join(directory, 'run/holdfastd.sock'), resolve));
    const io = {
      environment: { HOLDFAST_HOME: directory },
      stdout: process.stdout,
      stderr: process.stderr,
    } as unknown as Io;
    await expect(connect(io, new Output(io, true), { answersMs: 100 })).rejects.toMatchObject({
      code: 'daemon-unreachable',
      message: expect.stringContaining('takes connections, but nothing answered'),
    });
    silent.close();
  });

  it('is told with the load when another command has been starting it for too long', async () => {
    const release = await holdLock('start', directory);
    const io = { environment: { HOLDFAST_HOME: directory }, stderr: {} } as unknown as Io;
    await expect(connect(io, new Output(io, true), { readyMs: 60 })).rejects.toMatchObject({
      code: 'daemon-unreachable',
      message: expect.stringMatching(
        /another command is starting did not answer within 0.06 s.* load is [\d.]+ on \d+ CPUs/,
      ),
      hint: expect.stringContaining('Try again'),
    });
    await release?.();
  });
});
