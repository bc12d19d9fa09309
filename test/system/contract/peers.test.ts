/** Other people's local sandboxes as targets of the matrix, where bench/peers/install.sh has brought them. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { justBash } from '../../../bench/matrix/just-bash.ts';
import { sandboxRuntime } from '../../../bench/matrix/sandbox-runtime.ts';
import { notInstalled, packageVersion } from '../../../bench/peers.ts';
import type { TargetExec, TargetResult, TargetSession } from '../../../src/contract/index.ts';
import { isRoot, program } from '../../fixtures/real-runtimes.ts';

const signal = new AbortController().signal;
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

async function whyNot(name: string, ...programs: string[]): Promise<string> {
  if ((await packageVersion(name)) === null) return ` (skipped: ${notInstalled})`;
  const missing = programs.find((one) => program(one) === null);
  return missing === undefined ? '' : ` (skipped: no ${missing})`;
}

const noInterpreter = await whyNot('just-bash');

describe.skipIf(noInterpreter !== '')(`just-bash${noInterpreter}`, () => {
  let session: TargetSession;
  beforeAll(async () => {
    session = await (await justBash()).open(signal);
  });
  afterAll(() => session?.close());
  const exec = (command: TargetExec['command'], more: Partial<TargetExec> = {}): Promise<TargetResult> =>
    session.exec({ command, timeoutMs: 20_000, ...more }, signal);

  it('takes scripts, words, stdin, a place and variables, and keeps files from call to call', async () => {
    expect(await exec('echo err >&2; exit 7')).toMatchObject({ exitCode: 7, timedOut: false });
    expect(textOf((await exec(['printf', '%s|', "it's", '*', ''])).stdout)).toBe("it's|*||");
    const more = { stdin: Uint8Array.from([104, 105, 10]), cwd: '/tmp', environment: { A: 'b c' } };
    expect(textOf((await exec('cat; pwd; echo "$A"', more)).stdout)).toBe('hi\n/tmp\nb c\n');
    await session.writeFile('/tmp/a', Uint8Array.from([0, 255, 10]), signal);
    expect([...(await session.readFile('/tmp/a', 3, signal))]).toEqual([0, 255, 10]);
    await expect(session.readFile('/tmp/a', 2, signal)).rejects.toMatchObject({ trouble: 'file-failed' });
    await expect(session.readFile('/no/such', 9, signal)).rejects.toMatchObject({ side: 'runtime' });
  });

  it('has time limits of its own', async () => {
    expect(await exec('sleep 60', { timeoutMs: 300 })).toMatchObject({ timedOut: true, exitCode: 124 });
  });

  it('that is given up or ended from outside is gone as a whole, and told as died', async () => {
    const target = await justBash();
    const given = await target.open(signal);
    const giveUp = new AbortController();
    const never = given.exec({ command: 'sleep 60', timeoutMs: 60_000 }, giveUp.signal);
    giveUp.abort();
    await expect(never).rejects.toMatchObject({ side: 'runtime', trouble: 'died' });
    await expect(given.exec({ command: 'true', timeoutMs: 1000 }, signal)).rejects.toMatchObject({ trouble: 'died' });
    await given.close();
    const other = await target.open(signal);
    const running = other.exec({ command: 'sleep 60', timeoutMs: 60_000 }, signal);
    process.kill(Number(other.name.replace('process ', '')), 'SIGKILL');
    await expect(running).rejects.toMatchObject({ trouble: 'died' });
    await other.close();
  });
});

const noCommand = isRoot ? await whyNot('@anthropic-ai/sandbox-runtime', 'bwrap') : ' (skipped: needs root)';

describe.skipIf(noCommand !== '')(`sandbox-runtime${noCommand}`, () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp('/var/tmp/hfx-');
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is its own command in a machine that holds nothing of this one', { timeout: 120_000 }, async () => {
    const target = await sandboxRuntime(directory);
    const described = JSON.stringify(await target.describe(signal));
    expect(described).not.toContain(directory);
    const session = await target.open(signal);
    const exec = async (command: string): Promise<TargetResult> => session.exec({ command, timeoutMs: 60_000 }, signal);
    const answer = textOf((await exec('echo $SANDBOX_RUNTIME; pwd; echo $(ls /); cat /proc/1/comm')).stdout);
    expect(answer).toMatch(/^1\n\/workspace\nbin dev etc lib lib64 opt proc root run sbin tmp usr workspace\n/);
    expect(await exec('touch /usr/it')).toMatchObject({ exitCode: 1 });
    expect(await exec('echo kept >/tmp/kept; exit 7')).toMatchObject({ exitCode: 7 });
    expect(textOf((await exec('cat /tmp/kept')).stdout)).toBe('kept\n');
    await session.close();
    expect(await readdir(directory)).toEqual([]);
  });
});
