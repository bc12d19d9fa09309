/** The command line as people have it: a process of its own, a daemon it starts, a real terminal. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../../scripts/test-programs.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.mjs');
const node = [process.execPath, '--disable-warning=ExperimentalWarning', main];

let base = '';
let environment: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  environment = { ...process.env, HOLDFAST_HOME: join(base, 'home'), NO_COLOR: '1' };
  for (const name of ['HOLDFAST_SOCKET', 'HOLDFAST_URL', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENAI_BASE_URL'])
    delete environment[name];
});

afterAll(async () => {
  const left = (await holdfast('ps', '--ids')).stdout.trim().split('\n').filter(Boolean);
  if (left.length > 0) await holdfast('rm', ...left);
  const { daemon } = JSON.parse((await holdfast('version', '--json')).stdout) as { daemon: { pid: number } | null };
  if (daemon) {
    process.kill(daemon.pid, 'SIGTERM');
    await until(() => !isAlive(daemon.pid), 'the daemon to end');
  }
  await rm(base, { recursive: true, force: true });
});

/** Also for hooks, where vitest's own polling is not to be had. */
async function until(holds: () => boolean, what: string, describeIt: () => string = () => ''): Promise<void> {
  for (const endMs = performance.now() + 15_000; !holds(); await sleep(50)) {
    if (performance.now() > endMs) throw new Error(`waited 15 s for ${what}\n${describeIt()}`);
  }
}

/** The number of the daemon that serves, or will serve, a home. */
async function startedBy(home: string): Promise<number> {
  let found: string | undefined;
  await until(() => {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    found = all.find(
      (pid) =>
        read(`/proc/${pid}/cmdline`).endsWith('\0serve\0') &&
        read(`/proc/${pid}/environ`).includes(`HOLDFAST_HOME=${home}\0`),
    );
    return found !== undefined;
  }, `a daemon of ${home}`);
  return Number(found);
}

/** Empty for a process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Ran {
  status: number | null;
  stdout: string;
  bytes: Buffer;
  stderr: string;
}

interface Around {
  input?: string | Buffer;
  directory?: string;
  environment?: NodeJS.ProcessEnv;
}

const holdfast = (...words: string[]): Promise<Ran> => holdfastWith({}, ...words);

async function holdfastWith(
  { input, directory = base, environment: more = {} }: Around,
  ...words: string[]
): Promise<Ran> {
  const [program = '', ...rest] = [...node, ...words];
  const child = spawn(program, rest, {
    cwd: directory,
    env: { ...environment, ...more },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (piece: Buffer) => out.push(piece));
  child.stderr?.on('data', (piece: Buffer) => err.push(piece));
  child.stdin?.on('error', () => undefined).end(input);
  const status = await new Promise<number | null>((done) => child.once('close', done));
  const bytes = Buffer.concat(out);
  return { status, stdout: bytes.toString(), bytes, stderr: Buffer.concat(err).toString() };
}

async function create(...words: string[]): Promise<string> {
  const { stdout, status, stderr } = await holdfast('create', ...words);
  expect(status, stderr).toBe(0);
  return stdout.trim();
}

describe('the daemon', () => {
  it('is started once when five command lines need it at the same time', async () => {
    const runs = await Promise.all(Array.from({ length: 5 }, () => holdfast('ps', '--ids')));
    expect(runs.map(({ status, stdout }) => [status, stdout])).toEqual(Array.from({ length: 5 }, () => [0, '']));
    expect(runs.filter(({ stderr }) => stderr.includes('starting the daemon')).length).toBe(1);
  });

  it('that cannot start is told with its own last words', async () => {
    const file = join(base, 'a-file');
    await writeFile(file, '');
    const run = await holdfastWith({ environment: { HOLDFAST_HOME: file } }, 'ps', '--json');
    expect(run.status).not.toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { code: expect.any(String), message: expect.stringContaining(file) },
    });
  });

  it('is waited for as long as it lives, and the wait is explained', { timeout: 60_000 }, async () => {
    const home = join(base, 'slow');
    const run = holdfastWith({ environment: { HOLDFAST_HOME: home } }, 'ps', '--ids');
    const daemon = await startedBy(home);
    process.kill(daemon, 'SIGSTOP');
    await sleep(6000);
    process.kill(daemon, 'SIGCONT');
    const { status, stderr } = await run;
    process.kill(daemon, 'SIGTERM');
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/still starting; the machine's load is [\d.]+ on \d+ CPUs/);
    await until(() => !isAlive(daemon), 'the daemon to end');
  });

  it('is not started where that is unwanted', async () => {
    const run = await holdfastWith(
      { environment: { HOLDFAST_HOME: join(base, 'other'), HOLDFAST_START: 'never' } },
      'ps',
    );
    expect(run).toMatchObject({ status: 1, stderr: expect.stringContaining('daemon-unreachable') });
  });
});

describe('run', () => {
  it.each([
    [['sh', '-c', 'exit 7'], 7],
    [['sh', '-c', 'kill -TERM $$'], 143],
    [['no-such-program'], 127],
    [['/etc/passwd'], 126],
  ])('%j leaves with %i', async (argv, status) => {
    expect((await holdfast('run', '--', ...argv)).status).toBe(status);
  });

  it('passes 64 MiB of bytes unchanged, however slowly they are read', async () => {
    const run = await holdfast('run', '--', 'sh', '-c', 'head -c 67108864 /dev/zero | tr "\\0" "\\377"');
    expect(run.status, run.stderr).toBe(0);
    const wanted = createHash('sha256').update(Buffer.alloc(67_108_864, 255)).digest('hex');
    expect(createHash('sha256').update(run.bytes).digest('hex')).toBe(wanted);
  });

  it('passes stdin on with -i, byte by byte', async () => {
    const input = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => at % 251));
    const run = await holdfastWith({ input }, 'run', '-i', '--', 'cat');
    expect(Buffer.compare(run.bytes, input)).toBe(0);
    expect((await holdfastWith({ input }, 'run', '--', 'cat')).bytes.length).toBe(0);
  });

  it('ends at its deadline with 124, and what it started ends too', async () => {
    const run = await holdfast('run', '--timeout', '300ms', '--', 'sh', '-c', 'sleep 60 & sleep 60');
    expect(run).toMatchObject({ status: 124, stderr: expect.stringContaining('its time was up') });
  });

  it('sends a signal inside, and removes the sandbox afterwards', async () => {
    const [program = '', ...rest] = node;
    const child = spawn(
      program,
      [...rest, 'run', '--', 'sh', '-c', 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.05; done'],
      { env: environment, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const closed = new Promise<number | null>((done) => child.once('close', done));
    let said = '';
    child.stdout.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    await expect.poll(() => said, { timeout: 10_000 }).toContain('ready');
    child.kill('SIGINT');
    expect(await closed).toBe(5);
    expect(said).toContain('caught');
    expect((await holdfast('ps', '--ids')).stdout).toBe('');
  });

  it.each([
    ['run -- yes', 'of stdout'],
    ["run -- sh -c 'yes >&2' 2>&1", 'of stderr'],
  ])('stops when its reader leaves: %s (%s)', async (words) => {
    const line = `{ ${node.join(' ')} ${words}; echo $? > "$BASE/status"; } | head -n 2`;
    const { stdout } = await promisify(execFile)('sh', ['-c', line], { env: { ...environment, BASE: base } });
    expect(stdout).toBe('y\ny\n');
    await expect.poll(() => read(join(base, 'status')), { timeout: 10_000 }).toBe('141\n');
    await rm(join(base, 'status'));
    await expect.poll(async () => (await holdfast('ps', '--ids')).stdout, { timeout: 10_000 }).toBe('');
  });

  it('hands out what it changed on a copy of a directory, and touches nothing else', async () => {
    const directory = join(base, 'repository');
    await mkdir(join(directory, 'src'), { recursive: true });
    await writeFile(join(directory, 'src/a b.txt'), 'one\ntwo\n');
    for (const words of [
      ['init', '-q'],
      ['add', '-A'],
    ])
      spawnSync('git', words, { cwd: directory });
    const script =
      'sed -i s/one/ONE/ "src/a b.txt"; mkdir new; printf "\\000\\001" > new/binary; ln -s a link; rm -rf .git/hooks';
    const run = await holdfastWith(
      { directory },
      'run',
      '--repo',
      '.',
      '--patch',
      'out.patch',
      '--',
      'sh',
      '-c',
      script,
    );
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toContain('3 files changed');
    expect(await readFile(join(directory, 'src/a b.txt'), 'utf8')).toBe('one\ntwo\n');
    const applied = spawnSync('git', ['apply', 'out.patch'], { cwd: directory, encoding: 'utf8' });
    expect(applied.stderr).toBe('');
    expect(await readFile(join(directory, 'src/a b.txt'), 'utf8')).toBe('ONE\ntwo\n');
    expect([...(await readFile(join(directory, 'new/binary')))]).toEqual([0, 1]);
  });
});

describe('the verbs, end to end', () => {
  it('work together on one sandbox', async () => {
    const id = await create('--name', 'work', '--metadata', 'job=7');
    expect((await holdfast('exec', 'work', '--', 'sh', '-c', 'echo one > a; echo $K')).stdout).toBe('\n');
    const snapshot = (await holdfast('snapshot', 'work', '--name', 'first')).stdout.trim();
    await holdfast('exec', 'work', '--', 'sh', '-c', 'echo two >> a; echo new > b');
    expect((await holdfast('diff', snapshot, 'work', '--name-only', '--path', '/workspace')).stdout).toBe(
      'M /workspace/a\nA /workspace/b\n',
    );
    expect((await holdfast('diff', snapshot, 'work', '--path', '/workspace')).stdout).toContain('+two');
    const children = (await holdfast('fork', 'work', '--count', '2')).stdout.trim().split('\n');
    expect((await holdfast('exec', children[1] ?? '', '--', 'cat', 'a')).stdout).toBe('one\ntwo\n');
    expect((await holdfast('rollback', 'work', snapshot)).stdout).toBe(`${id}\n`);
    expect((await holdfast('exec', 'work', '--', 'ls')).stdout).toBe('a\n');
    expect((await holdfast('suspend', 'work')).status).toBe(0);
    expect(JSON.parse((await holdfast('inspect', 'work')).stdout)).toMatchObject({
      id,
      state: 'suspended',
      metadata: { job: '7' },
    });
    expect((await holdfast('resume', 'work')).status).toBe(0);
    expect((await holdfast('extend', 'work', '--lifetime', '2h')).status).toBe(0);
    expect((await holdfast('ps', '--metadata', 'job=7', '-q')).stdout).toBe(`${id}\n`);
    expect((await holdfast('snapshots', '--verify', snapshot)).stdout).toContain('is whole');
    expect((await holdfast('rm', 'work', ...children)).status).toBe(0);
    expect(await holdfast('exec', 'work', '--', 'true')).toMatchObject({ status: 125 });
    expect((await holdfast('events', '--journal', id)).stdout).toContain(id);
  });

  it('copy both ways, and move whole trees by tar', async () => {
    const box = await create();
    const source = join(base, 'tree');
    await mkdir(join(source, 'deep'), { recursive: true });
    await writeFile(join(source, 'deep/file'), 'x'.repeat(100_000));
    expect((await holdfast('cp', source, `${box}:/workspace`)).status).toBe(0);
    expect(
      (
        await holdfast('exec', box, '--', 'sh', '-c', 'wc -c < tree/deep/file; ln -s /etc/passwd tree/link')
      ).stdout.trim(),
    ).toBe('100000');
    expect((await holdfast('cp', `${box}:/workspace/tree`, join(base, 'back'))).status).toBe(0);
    expect((await readFile(join(base, 'back/deep/file'), 'utf8')).length).toBe(100_000);
    expect((await holdfast('cp', `${box}:tree/deep/file`, base)).status).toBe(0);
    const tar = join(base, 'work.tar');
    expect((await holdfast('export', box, '--path', '/workspace', '--output', tar)).status).toBe(0);
    expect(spawnSync('tar', ['-tf', tar], { encoding: 'utf8' }).stdout).toContain('deep/file');
    const snapshot = (await holdfast('import', source)).stdout.trim();
    const other = await create('--template', snapshot);
    expect((await holdfast('exec', other, '--', 'ls', 'deep')).stdout).toBe('file\n');
    await holdfast('rm', box, other);
  });

  it('show what processes printed, also while they run', async () => {
    const box = await create();
    expect(
      (await holdfast('exec', '--tag', 'greeter', box, '--', 'sh', '-c', 'echo hello; (sleep 60; echo late) & exit 0'))
        .stdout,
    ).toBe('hello\n');
    expect((await holdfast('logs', box, 'greeter')).stdout).toBe('hello\n');
    expect((await holdfast('logs', '--list', box)).stdout).toContain('greeter');
    const endless = ['sh', '-c', 'while :; do echo more; sleep 0.01; done'];
    const running = holdfast('exec', '--tag', 'endless', box, '--', ...endless);
    await expect.poll(async () => (await holdfast('logs', box, 'endless')).stdout).toMatch(/^(more\n)+$/);
    await holdfast('rm', box);
    await running;
  });

  it('complete in bash, with the sandboxes that are there', async () => {
    const box = await create('--name', 'complete-me');
    const script = join(base, 'completion.bash');
    await writeFile(script, (await holdfast('completion', 'bash')).stdout);
    const ask = `holdfast() { ${node.join(' ')} "$@"; }; . ${script}; COMP_WORDS=(holdfast exec com); COMP_CWORD=2; _holdfast; echo "\${COMPREPLY[@]}"; COMP_WORDS=(holdfast template b); _holdfast; echo "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', ask], { env: environment });
    expect(stdout).toBe('complete-me\nbuild\n');
    await holdfast('rm', box);
  });

  it.skipIf(!has('fish'))('complete in fish (skipped without fish)', async () => {
    const box = await create('--name', 'complete-me');
    const script = join(base, 'completion.fish');
    await writeFile(script, (await holdfast('completion', 'fish')).stdout);
    await mkdir(join(base, 'bin'), { recursive: true });
    await symlink(resolve(import.meta.dirname, '../../holdfast'), join(base, 'bin/holdfast'));
    const ask = `set -p PATH ${join(base, 'bin')}; source ${script}; for typed in "exec com" "template b" "run --mem"; complete -C "holdfast $typed"; end`;
    const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', ask], { env: environment });
    expect(stdout).toBe('complete-me\nbuild\n--memory\tmemory it may use, e.g. 512m\n');
    await holdfast('rm', box);
  });

  it.skipIf(!has('zsh'))('complete in zsh (skipped without zsh)', async () => {
    const script = join(base, '_holdfast');
    await writeFile(script, (await holdfast('completion', 'zsh')).stdout);
    const ask = `compadd() { print -r -- $@ }; compdef() { : }; CURRENT=3; words=(holdfast template b); . ${script}; _holdfast`;
    const { stdout } = await promisify(execFile)('zsh', ['-f', '-c', ask], { env: environment });
    expect(stdout).toContain('build ls rm');
  });

  it('run the demo as expected', async () => {
    const run = await holdfast('demo', '--scripted', '--json');
    const report = JSON.parse(run.stdout) as { steps: { ok: boolean }[]; repository: string };
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(run.status).toBe(0);
    await rm(dirname(report.repository), { recursive: true });
  }, 120_000);
});

describe.skipIf(!has('tmux'))('a terminal (skipped without tmux)', () => {
  const server = `holdfast-${process.pid}`;
  const tmux = (...words: string[]): string =>
    spawnSync('tmux', ['-L', server, ...words], { env: { ...environment, TERM: 'xterm-256color' }, encoding: 'utf8' })
      .stdout;
  const screen = (): string => tmux('capture-pane', '-p', '-t', 'main');
  const keys = (...words: string[]): string => tmux('send-keys', '-t', 'main', ...words);
  const shows = (text: string | RegExp): Promise<void> =>
    until(() => new RegExp(text).test(screen()), String(text), screen);
  let box = '';

  beforeAll(async () => {
    box = await create();
    tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'main', '-x', '100', '-y', '30', 'env PS1="outside$ " sh');
    await shows('outside\\$');
    tmux('send-keys', '-t', 'main', '-l', `clear; ${node.join(' ')} exec -it -e PS1='inside> ' ${box} -- sh`);
    keys('Enter');
    await shows(/inside>/);
  });
  afterAll(async () => {
    tmux('kill-server');
    await holdfast('rm', box);
  });

  it('has its size before the first byte, and a new one when the window changes', async () => {
    keys('clear; stty size', 'Enter');
    await shows(/^30 100/m);
    tmux('resize-window', '-t', 'main', '-x', '90', '-y', '25');
    await sleep(300);
    keys('clear; stty size', 'Enter');
    await shows(/^25 90/m);
  });

  it('sends Ctrl-C inside and stays', async () => {
    keys('clear; sleep 100', 'Enter');
    await sleep(500);
    keys('C-c');
    await sleep(200);
    keys('clear; echo still-$((40 + 2))', 'Enter');
    await shows('still-42');
  });

  it('has job control', async () => {
    keys('clear; env PS1="job> " bash --norc', 'Enter');
    await shows(/job>/);
    keys('clear; sleep 77', 'Enter');
    await sleep(500);
    keys('C-z');
    await shows(/Stopped +sleep 77/);
    keys('bg', 'Enter');
    await shows(/sleep 77 &/);
    keys('kill %1; exec true', 'Enter');
    await shows(/inside>\s*$/);
  });

  it.skipIf(!has('vim'))('runs a full-screen editor', async () => {
    keys('clear; vim -u NONE note.txt', 'Enter');
    await shows(/~\s*\n~/);
    keys('i', 'written in vim', 'Escape', ':wq', 'Enter');
    await shows(/inside>\s*$/);
    expect((await holdfast('exec', box, '--', 'cat', 'note.txt')).stdout).toBe('written in vim\n');
  });

  it('is given back as it was, with the program’s status', async () => {
    keys('clear; exit 9', 'Enter');
    await shows('outside\\$');
    keys('echo status=$?; stty -a | grep -q -- "-icanon\\|-echo " || echo coo"ked"', 'Enter');
    await shows(/status=9/);
    await shows(/^cooked/m);
  });

  it('is given back when the sandbox goes away under it', async () => {
    const doomed = await create();
    tmux('send-keys', '-t', 'main', '-l', `clear; ${node.join(' ')} shell ${doomed}; echo left=$?`);
    keys('Enter');
    await shows(/agent|\$ $/m);
    await sleep(500);
    await holdfast('rm', doomed);
    await shows(/left=1\d\d/);
    keys('clear; echo typed', 'Enter');
    await shows(/^typed/m);
  });
});
