import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostAccess } from '../../test/fixtures/host-access.ts';
import { idMaker, rootScope, systemClock, systemRandom } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { shellSession } from './shell-session.ts';
import type { Tool } from './types.ts';

interface Run {
  exitCode: number | null;
  reason: string;
  stdout: string;
  stderr: string;
  stdoutCutBytes: number;
  validUtf8: boolean;
  cwd: string | null;
  open: boolean;
  durationMs: number;
}

let root: string;
let access: HostAccess;
let tool: Tool;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-session-')));
  mkdirSync(join(root, 'workspace'));
  access = new HostAccess(root);
  tool = shellSession();
});
afterEach(() => {
  access.killAll();
  rmSync(root, { recursive: true });
});

async function call<T>(input: object, options: { signal?: AbortSignal } = {}): Promise<T> {
  await using scope = rootScope({ name: 'test', timeoutMs: 15_000, ...options });
  const newId = idMaker(systemClock, systemRandom);
  return (await tool.prepare(input)({ access, scope, clock: systemClock, newId })) as T;
}

const open = async (shell: 'bash' | 'sh' = 'bash'): Promise<string> =>
  (await call<{ session: string }>({ action: 'open', shell })).session;
const run = (session: string, command: string, more: object = {}): Promise<Run> =>
  call<Run>({ action: 'run', session, command, ...more });

it('a shell that ends before its first command is the agent’s doing: it chose what that reads', async () => {
  writeFileSync(join(root, 'workspace/first'), 'exit 3');
  const environment = { BASH_ENV: join(root, 'workspace/first') };
  await expect(call({ action: 'open', shell: 'bash', environment })).rejects.toMatchObject({
    code: 'sandbox-died',
    fault: 'agent',
  });
});

it('so is one that never comes to its first command, when it was told what to read before', async () => {
  writeFileSync(join(root, 'workspace/slow'), 'sleep 20');
  const environment = { BASH_ENV: join(root, 'workspace/slow') };
  await expect(call({ action: 'open', shell: 'bash', environment })).rejects.toMatchObject({
    code: 'sandbox-died',
    message: expect.stringContaining('did not answer within 10000 ms'),
    fault: 'agent',
  });
});

describe.each(['bash', 'sh'] as const)('a session of %s', (shell) => {
  it('keeps directory, variables, functions and the last status', async () => {
    const opened = await call<{ session: string; cwd: string }>({
      action: 'open',
      shell,
      environment: { GIVEN: 'yes' },
    });
    expect(opened.cwd).toBe(join(root, 'workspace'));
    const { session } = opened;
    expect(await run(session, 'mkdir a && cd a; x="1 2"; f() { echo "f $1"; }; export Y=3')).toMatchObject({
      exitCode: 0,
      reason: 'exited',
      stdout: '',
      stderr: '',
      cwd: join(root, 'workspace/a'),
      open: true,
    });
    expect(await run(session, 'echo "$x"; f z; sh -c "echo \\$Y \\$GIVEN"; (exit 41)')).toMatchObject({
      stdout: '1 2\nf z\n3 yes\n',
      exitCode: 41,
    });
    expect((await run(session, 'echo $?')).stdout).toBe('41\n');
    expect((await run(session, 'echo $?')).stdout).toBe('0\n');
  });

  it('gives a command no standard input and keeps it away from its own', async () => {
    const session = await open(shell);
    expect((await run(session, 'cat; read x; echo "got $x"')).stdout).toBe('got \n');
    expect((await run(session, 'exec < /etc/hostname; cat > /dev/null; echo still')).stdout).toBe('still\n');
    expect((await run(session, 'echo here')).stdout).toBe('here\n');
  });

  it('survives garbage, open quotes, unfinished heredocs and comments', async () => {
    const session = await open(shell);
    expect((await run(session, 'echo "unclosed')).exitCode).not.toBe(0);
    expect((await run(session, 'if true; then')).exitCode).not.toBe(0);
    expect((await run(session, 'cat <<X\nline\nX\necho after')).stdout).toBe('line\nafter\n');
    expect((await run(session, 'cat <<X\nnever closed')).stdout).toContain('never closed');
    expect((await run(session, "echo 'it''s' # a comment '")).stdout).toBe('its\n');
    const garbage = await run(
      session,
      "printf '\\036cal-x<0::/>cal-x\\036\\000\\377\\n'; head -c 3000 /dev/urandom; echo",
      {
        outputCapBytes: 1024,
      },
    );
    expect(garbage).toMatchObject({ exitCode: 0, validUtf8: false, open: true });
    expect((await run(session, 'echo fine')).stdout).toBe('fine\n');
  });

  it('is heard also when its output is redirected or traced', async () => {
    const session = await open(shell);
    expect(await run(session, 'exec > log; echo hidden')).toMatchObject({ exitCode: 0, stdout: '', open: true });
    expect((await run(session, 'echo seen >&2; exec >&2')).stderr).toBe('seen\n');
    const traced = await run(session, 'set -x; echo one; set +x');
    expect(traced.stderr).toContain('one\n');
    expect(traced.open).toBe(true);
  });

  it('ends with exit, says so, and is refused afterwards', async () => {
    const session = await open(shell);
    expect(await run(session, 'echo bye; exit 3')).toMatchObject({
      exitCode: 3,
      reason: 'exited',
      stdout: 'bye\n',
      open: false,
      cwd: null,
    });
    await expect(run(session, 'echo x')).rejects.toMatchObject({ code: 'wrong-state' });
    expect(await call({ action: 'close', session })).toMatchObject({ wasOpen: false });
  });
});

describe('at its timeout a command of bash', () => {
  const timeoutMs = 150;

  it.each([
    ['a list', 'sleep 61; echo never'],
    ['a subshell', '(sleep 61; echo never); echo never'],
    ['a pipeline', 'sleep 61 | cat; echo never > never'],
    ['a substitution', 'x=$(sleep 61; echo never); echo "never $x"'],
    ['a loop', 'for i in 1 2 3; do sleep 61; echo never; done; while sleep 61; do echo never; done'],
    ['a loop without processes', 'while :; do :; done; echo never'],
    [
      'nested functions',
      'g() { sleep 61; echo never; }; f() { until false; do g; echo never; done; }; f; f; echo never',
    ],
    ['an inner eval', 'eval "eval \'sleep 61; echo never\'; echo never"; echo never'],
    ['a wait for a job', 'sleep 61 & wait; echo never'],
    ['a traced one', 'set -x; sleep 61; printf nev; printf er'],
  ])('is called off, and the session goes on: %s (2)', async (_, command) => {
    const session = await open();
    await run(session, 'keep=1');
    const late = await run(session, `echo begun; ${command}`, { timeoutMs });
    expect(late).toMatchObject({ reason: 'timed-out', exitCode: 124, stdout: 'begun\n', open: true });
    expect(late.durationMs).toBeLessThan(2000);
    expect(await run(session, 'set +x; echo $? $keep; ls')).toMatchObject({ stdout: '0 1\n', exitCode: 0 });
    expect(await run(session, 'for i in 1 2; do echo $i; done')).toMatchObject({ stdout: '1\n2\n', stderr: '' });
  });

  it('leaves the background jobs of earlier ones alone', async () => {
    const session = await open();
    await run(session, '(sleep 60; true) & echo $! > job');
    expect(await run(session, 'sleep 61; echo never', { timeoutMs })).toMatchObject({ stdout: '', open: true });
    expect((await run(session, 'kill -0 $(cat job) && echo job lives')).stdout).toBe('job lives\n');
  });

  it('is killed when it ignores the polite signal', async () => {
    const session = await open();
    const command = 'sh -c \'trap "" TERM; while :; do sleep 0.1; done\'; echo never';
    expect(await run(session, command, { timeoutMs })).toMatchObject({ stdout: '', reason: 'timed-out', open: true });
    expect((await run(session, 'echo $?')).stdout).toBe('124\n');
  });

  it('takes the session along when the shell refuses to be called off', async () => {
    const session = await open();
    await run(session, 'trap "" 61');
    const late = await run(session, 'while :; do :; done', { timeoutMs });
    expect(late).toMatchObject({ reason: 'timed-out', open: false, cwd: null });
    await expect(run(session, 'echo x')).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('takes the session along in sh, which cannot call a command off', async () => {
    const session = await open('sh');
    const late = await run(session, 'echo begun; sleep 61; echo never', { timeoutMs });
    expect(late).toMatchObject({ reason: 'timed-out', stdout: 'begun\n', open: false });
  });
});

describe('a session', () => {
  it('shows what background jobs print in the next answer, and does not wait for them', async () => {
    const session = await open();
    const first = await run(session, '(sleep 0.2; echo late) & echo now');
    expect(first.stdout).toBe('now\n');
    expect((await run(session, 'wait; echo done')).stdout).toBe('late\ndone\n');
  });

  it('cuts long output in the middle, exactly counted', async () => {
    const session = await open();
    const result = await run(session, 'seq 1 100000', { outputCapBytes: 1000 });
    expect(result.stdoutCutBytes).toBe(588_895 - 1000);
    expect(result.stdout).toContain('\n[... 587895 bytes cut here ...]\n');
    expect(result.stdout.startsWith('1\n2\n')).toBe(true);
    expect(result.stdout.endsWith('99999\n100000\n')).toBe(true);
  });

  it('takes large commands', async () => {
    const session = await open();
    const text = `it's "$x" \\ `.repeat(9000);
    expect((await run(session, `cat <<'EOF' | wc -c\n${text}\nEOF`)).stdout.trim()).toBe(String(text.length + 1));
  });

  it('runs one command at a time', async () => {
    const session = await open();
    const slow = run(session, 'sleep 0.3; echo slow');
    await expect(run(session, 'echo fast')).rejects.toMatchObject({ code: 'in-use' });
    expect((await slow).stdout).toBe('slow\n');
    expect((await run(session, 'echo fast')).stdout).toBe('fast\n');
  });

  it('is taken up again by a daemon that does not remember it', async () => {
    const session = await open();
    await run(session, 'x=kept; echo before; (sleep 0.1; echo between) &');
    tool = shellSession();
    expect(await run(session, 'wait; echo $x')).toMatchObject({ stdout: expect.stringMatching(/kept\n$/), open: true });
    expect((await run(session, 'echo next')).stdout).toBe('next\n');
  });

  it('is not another process, nor one of another life of the sandbox', async () => {
    const other = await access.startProcess(
      { argv: ['/bin/bash'], stdin: true },
      rootScope({ name: 'test', timeoutMs: 1000 }),
    );
    await expect(run(other.processId, 'echo x')).rejects.toMatchObject({ code: 'process-not-found' });
    await expect(run('prc-nothing', 'echo x')).rejects.toMatchObject({ code: 'process-not-found' });
  });

  it('ends when its caller leaves in the middle of a command (1)', async () => {
    const session = await open();
    const controller = new AbortController();
    const left = call({ action: 'run', session, command: 'sleep 60' }, { signal: controller.signal });
    await systemClock.sleep(200);
    controller.abort(new HoldfastError('cancelled', 'left'));
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    await systemClock.sleep(100);
    await expect(run(session, 'echo x')).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('ends at the deadline when nothing can be started to look for its processes (2)', async () => {
    const session = await open();
    access.spawnFailure = new HoldfastError('busy', 'no more processes');
    expect(await run(session, 'sleep 60', { timeoutMs: 100 })).toMatchObject({ reason: 'timed-out', open: false });
  });

  it('closes with everything in it', async () => {
    const session = await open();
    const { stdout } = await run(session, 'sleep 77 & echo $!');
    expect(await call({ action: 'close', session })).toEqual({ action: 'close', session, wasOpen: true });
    await systemClock.sleep(100);
    expect(stateOf(Number(stdout))).toMatch(/^(gone|Z)$/);
  });

  it('says what is wrong with its input', async () => {
    await expect(async () => call({ action: 'run', session: 'x' })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(/shell_session: command:/),
    });
    await expect(async () => call({ action: 'open', command: 'x' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

/** The letter of /proc; a killed process may wait there as a zombie for its parent. */
function stateOf(pid: number): string {
  try {
    return /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';
  } catch {
    return 'gone';
  }
}
