/** `serve --stop` ends what listens at the home's socket, and nothing else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { type CliRun, runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { processStartTicks } from '../base/index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf stop-'));
let socketPath = '';
let count = 0;
const children: ChildProcess[] = [];
beforeEach(() => {
  socketPath = join(home, `${++count} d.sock`);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(home, { recursive: true }));

/** A process that listens there, if anywhere, and says so. */
async function started(path: string | null): Promise<ChildProcess> {
  const wait = 'setInterval(() => {}, 1000); console.log("ready");';
  const program =
    path === null ? wait : `require('net').createServer().listen(${JSON.stringify(path)}, () => { ${wait} })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

function stop(
  pid: number | null | 'hidden',
  words: string[] = [],
  environment: Record<string, string> = {},
): Promise<CliRun> {
  const service = recordingService();
  const version = async () => ({ ...(await service.version()), pid: pid === 'hidden' ? null : pid });
  return runCli(['serve', '--stop', ...words], pid === null ? null : { ...service, version }, {
    environment: { HOLDFAST_HOME: home, HOLDFAST_SOCKET: socketPath, ...environment },
  });
}

it('ends it, waits until it is over, and says that sandboxes live on', async () => {
  const { pid = 0 } = await started(socketPath);
  const run = await stop(pid);
  expect(run).toMatchObject({ status: 0, stdout: `${pid}\n`, stderr: expect.stringContaining('sandboxes live on') });
  expect(processStartTicks(pid)).toBeNull();
  expect(await stop(null)).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/no daemon answers at .*d\.sock \(daemon-unreachable\)\n {2}hint: .*HOLDFAST_HOME/),
  });
});

it('leaves a process alone that is called as the daemon is where that runs', async () => {
  const other = await started(null);
  await started(socketPath);
  for (const pid of [other.pid ?? 0, 2 ** 22 + 1]) {
    const run = await stop(pid);
    expect(run.stderr).toContain(`says it is process ${pid}, which it is not here (wrong-state)`);
    expect(run.status).toBe(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(children.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([null, null]);
});

it('is for the daemon of this home, and with no flag that is for one to start', async () => {
  const { pid = 0 } = await started(socketPath);
  expect(await stop(pid, ['--pool', '2'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--pool is for'),
  });
  expect(await stop('hidden')).toMatchObject({ status: 4, stderr: expect.stringContaining('unset HOLDFAST_KEY') });
  const elsewhere = { HOLDFAST_URL: 'http://127.0.0.1:1' };
  expect(await stop(pid, [], elsewhere)).toMatchObject({ status: 2, stderr: expect.stringContaining('elsewhere') });
  expect(children.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([null]);
});
