/**
 * Targets that misbehave, as somebody at the command line meets them: real commands behind `--target`, and what capture, show,
 * verify and shift say of them. None is a verdict on a runtime that was not heard.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Certificate,
  type Observation,
  type Profile,
  parseProfile,
  type Shift,
} from '../../../src/contract/index.ts';
import { type CliRun, runCli } from '../../fixtures/cli.ts';
import { busybox, crunFor, isRoot, makeBareRoot, makeBusyboxRoot, program } from '../../fixtures/real-runtimes.ts';

let directory = '';
const file = (name: string): string => join(directory, name);
const cli = (...words: string[]): Promise<CliRun> => runCli(words, null, { directory });

beforeAll(async () => {
  directory = await mkdtemp('/tmp/hfb-');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function script(name: string, text: string): string {
  writeFileSync(file(name), `#!/bin/sh\n${text}\n`);
  chmodSync(file(name), 0o755);
  return file(name);
}

/** With one session and no timed rounds, unless told otherwise. */
async function capture(name: string, target: string, ...more: string[]): Promise<{ run: CliRun; profile: Profile }> {
  const plan = more.includes('--sessions') ? [] : ['--sessions', '1'];
  const rounds = more.includes('--rounds') ? [] : ['--rounds', '0'];
  const words = ['--target', target, '-o', file(`${name}.json`), ...plan, ...rounds, ...more];
  const run = await cli('profile', 'capture', ...words);
  expect([existsSync(file(`${name}.json`)), run.stderr]).toEqual([true, expect.any(String)]);
  return { run, profile: parseProfile(readFileSync(file(`${name}.json`), 'utf8'), name) };
}

/** In one go: nobody waits for another stretch of time. */
const sessions = (count: number): string[] => ['--sessions', String(count), '--windows', '1'];

const seen = ({ observations }: Profile, id: string): Observation | undefined =>
  observations.find((one) => one.id === id);

/** By a contract that promises just these; leaves with 6 where nothing is known, with 1 where something is not there. */
async function verified(name: string, ...fields: string[]): Promise<Record<string, string>> {
  const promises = fields.map((id) => `  ${id}: { value: something }\n`).join('');
  writeFileSync(
    file('asks.yaml'),
    `format: holdfast-contract/1\ncontract: asks/1.0.0\ndate: 2026-11-28\nfields:\n${promises}`,
  );
  const words = ['asks.yaml', '--profile', file(`${name}.json`), '--as', name, '--json'];
  const { stdout, status } = await cli('contract', 'verify', ...words);
  const { checks, verdict } = JSON.parse(stdout) as Certificate;
  expect(status).toBe(['insufficient-data', 'harness-error'].includes(verdict) ? 6 : 1);
  return Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict]));
}

/** Of too few sessions, or of a runtime that never answered. */
const unheard = { sessions: 'insufficient-data' };

/** With itself: what was not heard is no runtime that behaves the same. */
async function expectNotCompared(name: string): Promise<void> {
  const { status, stdout } = await cli('shift', file(`${name}.json`), file(`${name}.json`), '--json');
  const { grade, compared } = JSON.parse(stdout) as Shift;
  expect({ status, grade, fields: compared.fields, operations: compared.operations }).toEqual({
    status: 6,
    grade: null,
    fields: 0,
    operations: 0,
  });
  expect(compared.ofFields).toBeGreaterThan(300);
}

describe('a target', () => {
  it('that says nothing and does not end is given up, and told as hung', async () => {
    const { run, profile } = await capture('hangs', "exec:sh -c 'sleep 600' {}", '--timeout', '1s', ...sessions(2));
    expect(run.status).toBe(1);
    expect(run.stdout).toContain('(incomplete)');
    expect(run.stdout).toContain('runtime, hung: it said nothing within its time limit of 1 s');
    expect(profile.sessions.map(({ outcome }) => outcome)).toEqual(['partial', 'partial']);
    expect(spawnSync('pgrep', ['-f', '^sleep 600$'], { encoding: 'utf8' }).stdout).toBe('');
    expect(await verified('hangs', 'identity.user')).toEqual({ ...unheard, 'identity.user': 'insufficient-data' });
    await expectNotCompared('hangs');
  });

  it('that lies speaks for no field it was not asked, once for each, and is told of', async () => {
    const liar = script(
      'liar',
      'text=$(cat); mark=$(printf "%s" "$text" | sed -n "s/^MARK=\\([0-9a-f]*\\)$/\\1/p")\n' +
        'for line in "value identity.user" "value identity.user" "value exec.blocking"; do printf "=%s %s\\n|me\\n" "$mark" "$line"; done',
    );
    const { run, profile } = await capture('lies', `exec:${liar}`);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain('runtime, garbage: it answered for exec.blocking, which it was not asked');
    expect(run.stdout).toContain('runtime, garbage: it answered twice for identity.user');
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'value', value: 'me' });
    // Measured by the prober's own clock: this one does not wait.
    expect(seen(profile, 'exec.blocking')).toMatchObject({ kind: 'value', value: 'no' });
    expect(seen(profile, 'shell.implementation')).toMatchObject({ kind: 'could-not-measure' });
  });

  it('that prints binary has nothing measured by it, and steers no terminal', async () => {
    const noise = script(
      'noise',
      'cat >/dev/null; head -c 70000 /dev/urandom; printf "\\033[2J\\007"; head -c 70000 /dev/urandom >&2',
    );
    const { run, profile } = await capture('noise', `exec:${noise}`);
    expect(run.status).toBe(0);
    const show = await cli('profile', 'show', file('noise.json'), '--fields', '--html', file('noise.html'));
    for (const text of [run.stdout, run.stderr, show.stdout, readFileSync(file('noise.html'), 'utf8')])
      expect(/[^\n\t\u0020-\u007e\u00a0-\u{10ffff}]/u.exec(text)).toBe(null);
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'could-not-measure' });
    expect(await verified('noise', 'identity.user', 'shell.implementation')).toEqual({
      ...unheard,
      'identity.user': 'insufficient-data',
      'shell.implementation': 'insufficient-data',
    });
  });

  it('without a shell says so in its own words', async () => {
    const { run, profile } = await capture('shellless', 'exec:env -i /no/such/shell {}');
    expect(run.status).toBe(0);
    expect(run.stdout).toContain('could not be measured');
    expect(seen(profile, 'shell.implementation')).toMatchObject({
      kind: 'could-not-measure',
      reason: expect.stringMatching(/^no answer: exit 127: .*\/no\/such\/shell/),
    });
  });

  it.skipIf(!isRoot)('without ls and without a clock is observed for the rest, and timed from outside', async () => {
    mkdirSync(file('bare'));
    makeBareRoot(file('bare'));
    const target = `exec:chroot ${file('bare')} /bin/sh -c {}`;
    const { run, profile } = await capture('bare', target, '--rounds', '2', '--warmups', '1');
    expect(run.status).toBe(0);
    for (const [id, reason] of [
      ['filesystem.root-listing', 'there is no ls'],
      ['clock.runs', 'there is no date'],
    ] as const)
      expect(seen(profile, id)).toMatchObject({ kind: 'could-not-measure', reason });
    expect(profile.latency.insideClock).toBe('none');
    const [noop] = profile.latency.series.filter(({ operation }) => operation === 'exec.noop');
    expect(noop?.samples.map(({ insideMs, outcome }) => [insideMs, outcome])).toEqual(Array(2).fill([null, 'ok']));
    expect(profile.latency.unmeasured.find(({ operation }) => operation === 'userland.python')?.reason).toBe(
      'it leaves with 127',
    );
    expect(await verified('bare', 'clock.runs')).toEqual({ ...unheard, 'clock.runs': 'unsupported' });
  });

  it('that the way to is lost to keeps what was seen, blames nobody, and goes on when the way is there again', async () => {
    // Its fifth act in the second session is to take itself away.
    const way = script(
      'way',
      `if [ -e ${file('lost.json.part')} ] && ! [ -e ${file('mended')} ]; then echo >>${file('count')}\n` +
        `[ "$(wc -l <${file('count')})" -lt 5 ] || mv ${file('way')} ${file('way-away')}; fi; exec sh -c "$1"`,
    );
    const plan = sessions(3);
    const { run, profile } = await capture('lost', `exec:${way} {}`, ...plan);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain('harness, not-installed');
    expect(profile.sessions.map(({ outcome }) => outcome)).toEqual(['complete', 'partial', 'partial']);
    expect(seen(profile, 'shell.arrays')).toMatchObject({ kind: 'value' });
    const kept = JSON.parse(readFileSync(file('lost.json.part'), 'utf8')) as { sessions: unknown[] };
    expect(kept.sessions).toHaveLength(1);
    await expectNotCompared('lost');
    renameSync(file('way-away'), file('way'));
    writeFileSync(file('mended'), '');
    const again = await capture('lost', `exec:${way} {}`, ...plan);
    expect(again.run).toMatchObject({ status: 0, stderr: expect.stringContaining('going on after 1 session') });
    expect(again.profile).toMatchObject({
      complete: true,
      sessions: [{ startedAt: profile.sessions[0]?.startedAt }, {}, {}],
    });
    expect(existsSync(file('lost.json.part'))).toBe(false);
  }, 120_000);

  it('that was never reached is a harness error in a certificate', async () => {
    const { profile } = await capture('nobody', 'exec:/no/such/program {}');
    expect(profile.sessions).toMatchObject([{ outcome: 'partial', troubles: [{ side: 'harness' }] }]);
    expect(await verified('nobody', 'identity.user')).toEqual({
      sessions: 'harness-error',
      'identity.user': 'harness-error',
    });
    await expectNotCompared('nobody');
  });
});

const noCrun = program('crun') === null ? ' (skipped: no crun)' : '';

describe.skipIf(noCrun !== '')(`a live check${noCrun}`, () => {
  it('of what cannot be opened files that as a harness error, and leaves with 6', async () => {
    const run = await cli('contract', 'verify', 'coding-agent', '--target', `crun:${file('no-such-root')}`);
    expect(run).toMatchObject({ status: 6, stdout: expect.stringContaining('harness-error: 0 of') });
    const filed = JSON.parse(readFileSync(file('certificates/live/certificate.json'), 'utf8')) as Certificate;
    expect(filed).toMatchObject({ verdict: 'harness-error', target: { kind: 'oci' } });
    expect(
      new Set(filed.checks.filter(({ id }) => !/^(latency|tools)\b/.test(id)).map(({ verdict }) => verdict)),
    ).toEqual(new Set(['harness-error']));
  });
});

const whyNoContainer = !isRoot
  ? 'needs root'
  : busybox === null || program('crun') === null
    ? 'no crun, or no static busybox'
    : '';

describe.skipIf(whyNoContainer !== '')(`a container${whyNoContainer && ` (skipped: ${whyNoContainer})`}`, () => {
  it('that dies mid-capture is told as the runtime’s doing, and the sessions before it are kept', async () => {
    // Long enough for a session to be in the middle when its container is killed, on any machine.
    const rounds = 40;
    makeBusyboxRoot(file('root'));
    for (const name of ['temporary', 'bin']) mkdirSync(file(name));
    const crun = crunFor(directory);
    script('bin/crun', `PATH=${process.env['PATH']} exec ${crun} "$@"`);
    const before = { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'] };
    // Where its state lies is told by nobody else.
    Object.assign(process.env, { TMPDIR: file('temporary'), PATH: `${file('bin')}:${before.PATH}` });
    let killed = 0;
    const met = new Set<string>();
    const timer = setInterval(() => {
      // From the second session on, each a while after it was first met: by then it has begun.
      if (!existsSync(file('dies.json.part'))) return;
      for (const name of readdirSync(file('temporary'))) {
        const state = join(file('temporary'), name, 'state');
        const list = existsSync(state)
          ? spawnSync(crun, ['--root', state, 'list', '-q'], { encoding: 'utf8' }).stdout
          : '';
        for (const id of list.split('\n').filter(Boolean)) {
          if (met.has(id) && spawnSync(crun, ['--root', state, 'kill', id, 'KILL']).status === 0) killed++;
          met.add(id);
        }
      }
    }, 500);
    try {
      const { run, profile } = await capture(
        'dies',
        `crun:${file('root')}`,
        ...sessions(2),
        '--rounds',
        `${rounds}`,
        '--repeats',
        '0',
      );
      expect(killed).toBeGreaterThan(0);
      expect(run.status).toBe(1);
      expect(run.stdout).toContain('runtime, died: the container');
      expect(profile.sessions.map(({ outcome }) => outcome)).toEqual(['complete', 'partial']);
      expect(profile.sessions[1]?.troubles.every(({ side }) => side === 'runtime')).toBe(true);
      const timed = profile.latency.series.filter(({ operation }) => operation === 'exec.noop');
      expect(timed.find(({ session }) => session === 0)?.samples).toHaveLength(rounds);
    } finally {
      clearInterval(timer);
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    const kept = JSON.parse(readFileSync(file('dies.json.part'), 'utf8')) as { sessions: unknown[] };
    expect(kept.sessions).toHaveLength(1);
  }, 360_000);
});
