import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { directoryService } from '../../test/fixtures/directory-service.ts';
import { exited, FakeAttachment } from '../../test/fixtures/fake-attachment.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { collected } from '../../test/fixtures/streams.ts';
import { explainExit, statusOfExit } from './stream.ts';

describe('run and exec', () => {
  it('pass bytes unchanged, on the stream they came on', async () => {
    await using service = await directoryService();
    const run = await runCli(['run', '--', 'sh', '-c', 'head -c 300000 /dev/zero; printf "\\377\\000x" >&2'], service);
    expect({ status: run.status, bytes: run.stdoutBytes.length }).toEqual({ status: 0, bytes: 300_000 });
    expect(run.stdoutBytes.every((byte) => byte === 0)).toBe(true);
    expect(service.living.size).toBe(0);
  });

  it.each([
    [['sh', '-c', 'exit 7'], 7],
    [['sh', '-c', 'kill -TERM $$'], 143],
    [['no-such-program'], 127],
    [['/etc/passwd'], 126],
  ])('leave %j with status %i', async (argv, status) => {
    await using service = await directoryService();
    expect((await runCli(['run', '--', ...argv], service)).status).toBe(status);
    expect(service.living.size).toBe(0);
  });

  it('end a command at its deadline with 124 and say so', async () => {
    await using service = await directoryService();
    const run = await runCli(['run', '--timeout', '100ms', '--', 'sleep', '20'], service);
    expect(run).toMatchObject({ status: 124, stderr: expect.stringContaining('its time was up') });
  });

  it.each([
    ['stdout', 'yes'],
    ['stderr', 'yes >&2'],
  ] as const)('end, and leave nothing, when the reader of %s does', async (unread, script) => {
    await using service = await directoryService();
    const run = await runCli(['run', '--', 'sh', '-c', script], service, { unread });
    expect({ status: run.status, living: service.living.size }).toEqual({ status: 141, living: 0 });
    const { id } = await service.createSandbox({});
    const argv = ['exec', id, '--', 'sh', '-c', `echo $$ > pid; ${script}`];
    expect((await runCli(argv, service, { unread })).status).toBe(141);
    const pid = Number(
      new TextDecoder().decode(await collected((await service.readFile(id, '/workspace/pid')).content)),
    );
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('read stdin only with -i', async () => {
    await using service = await directoryService();
    expect((await runCli(['run', '--', 'cat'], service, { stdin: 'typed' })).stdout).toBe('');
    expect((await runCli(['run', '-i', '--', 'cat'], service, { stdin: 'typed' })).stdout).toBe('typed');
    expect((await runCli(['run', '-i', 'cat'], service, { stdin: 'typed' })).stdout).toBe('typed');
  });

  it('give one JSON document, other bytes in base64', async () => {
    await using service = await directoryService();
    const run = await runCli(['run', '--json', '--', 'sh', '-c', 'echo é; printf "\\377" >&2; exit 3'], service);
    expect(run.status).toBe(3);
    expect(JSON.parse(run.stdout)).toMatchObject({
      exitCode: 3,
      reason: 'exited',
      stdout: 'é\n',
      stderrBase64: '/w==',
    });
  });

  it('send signals inside, and the second one as SIGKILL', async () => {
    await using service = await directoryService();
    const stubborn = runCli(['run', '--', 'sh', '-c', 'trap "echo no" INT; while :; do sleep 0.05; done'], service, {
      onSignals: (send) => {
        setTimeout(() => send('SIGINT'), 400);
        setTimeout(() => send('SIGINT'), 800);
      },
    });
    expect(await stubborn).toMatchObject({ status: 137, stdout: 'no\n' });
    expect(service.living.size).toBe(0);
  });

  it('count lost output as our failure', async () => {
    const service = recordingService();
    service.attachProcess = async (_ref, id) => {
      const attachment = new FakeAttachment(id);
      const data = Buffer.from('rest');
      attachment.print(
        (async function* () {
          yield { stream: 'stdout' as const, offset: 5, data, gapBytes: 5 };
        })(),
      );
      attachment.end();
      return attachment;
    };
    expect(await runCli(['exec', 'box-default', '--', 'x'], service)).toMatchObject({
      status: 125,
      stdout: 'rest',
      stderr: expect.stringContaining('5 bytes'),
    });
  });

  it.each([
    ['exited', 3, null, 3],
    ['signalled', null, 'SIGINT', 130],
    ['timed-out', null, 'SIGTERM', 124],
    ['silent-timeout', 0, null, 124],
    ['oom', null, 'SIGKILL', 137],
    ['died', null, null, 125],
    ['evicted', null, 'SIGKILL', 125],
    ['disk-full', 1, null, 1],
  ] as const)('map %s to a status', (reason, exitCode, signal, status) => {
    const exit = { ...exited, reason, exitCode, signal };
    expect(statusOfExit(exit)).toBe(status);
    expect(explainExit(exit) === null).toBe(reason === 'exited' || reason === 'signalled');
  });
});

describe('a terminal', () => {
  it('is raw while the program runs, sized before the first byte, resized with it, and given back', async () => {
    const service = recordingService();
    const raws: boolean[] = [];
    const input = new PassThrough();
    const attached = Promise.withResolvers<FakeAttachment>();
    service.attachProcess = async (_ref, id) => {
      const attachment = new FakeAttachment(id);
      attached.resolve(attachment);
      return attachment;
    };
    const pending = runCli(['shell', 'box-default'], service, {
      terminal: { rows: 33, columns: 101, onRaw: (raw) => raws.push(raw), input },
    });
    const attachment = await attached.promise;
    input.write('\u0003');
    await expect.poll(() => attachment.typed).toEqual(['\u0003']);
    attachment.end({ ...exited, exitCode: 4 });
    expect((await pending).status).toBe(4);
    expect(raws).toEqual([true, false]);
    const started = service.calls.find(({ verb }) => verb === 'startProcess')?.args[1];
    expect(started).toMatchObject({ pty: { rows: 33, columns: 101 }, environment: { TERM: 'xterm' } });
  });

  it('is given back when the daemon goes away', async () => {
    const service = recordingService();
    const raws: boolean[] = [];
    service.attachProcess = async () => Promise.reject(new Error('gone'));
    const run = await runCli(['exec', '-t', 'box-default', '--', 'sh'], service, {
      terminal: { rows: 1, columns: 1, onRaw: (raw) => raws.push(raw), input: new PassThrough() },
    });
    expect({ status: run.status, raws }).toEqual({ status: 125, raws: [true, false] });
  });

  it('is refused where there is none', async () => {
    const run = await runCli(['exec', '-t', 'box-default', '--', 'sh'], recordingService());
    expect(run).toMatchObject({ status: 125, stderr: expect.stringContaining('-i alone') });
  });
});

describe('run --repo', () => {
  it('works on a copy, tells what changed, and hands out a patch that applies', async () => {
    await using service = await directoryService();
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-repo-'));
    await writeFile(join(directory, 'a.txt'), 'one\ntwo\n');
    const script = 'sed -i s/one/ONE/ a.txt; echo new > b.txt; cat a.txt';
    const run = await runCli(['run', '--repo', '.', '--patch', 'out.patch', '--', 'sh', '-c', script], service, {
      directory,
    });
    expect(run).toMatchObject({
      status: 0,
      stdout: 'ONE\ntwo\n',
      stderr: expect.stringContaining('2 files changed, 2 added and 1 removed lines'),
    });
    expect(await readFile(join(directory, 'a.txt'), 'utf8')).toBe('one\ntwo\n');
    const patch = await readFile(join(directory, 'out.patch'), 'utf8');
    expect(patch).toContain('--- a/a.txt');
    expect(patch).not.toContain('workspace');
    expect([...service.living, ...service.snapshots]).toEqual([]);
    await rm(directory, { recursive: true });
  });

  it('says how the patch is applied in words that a shell reads as they are', async () => {
    await using service = await directoryService();
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-repo-'));
    for (const [patch, said] of [
      ['out.patch', 'next: git apply out.patch\n'],
      ["it's out.patch", "next: git apply 'it'\\''s out.patch'\n"],
    ] as const) {
      const words = ['run', '--repo', '.', '--patch', patch, '--', 'sh', '-c', 'echo new > b.txt'];
      expect((await runCli(words, service, { directory })).stderr).toContain(said);
    }
    await rm(directory, { recursive: true });
  });

  it('keeps the sandbox with --keep', async () => {
    await using service = await directoryService();
    const run = await runCli(['run', '--keep', '--', 'true'], service);
    expect(run.stderr).toContain('kept: holdfast exec sbx-1');
    expect([...service.living]).toEqual(['sbx-1']);
  });
});
