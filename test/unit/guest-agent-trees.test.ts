/** Trees kept in cgroups, and the agent as the first process of a pid namespace: where this machine allows either. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { all, type FieldValues, int, type Peer, TestAgent } from './guest-agent-peer.ts';

const reason = { exited: 1, timedOut: 3 };
const env = ['PATH=/usr/local/bin:/usr/bin:/bin'];
const group = makeGroup();
const namespaces = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;
const agents: TestAgent[] = [];
let made = 0;

afterAll(async () => {
  for (const agent of agents) await agent.stop();
  for (let tries = 0; group && existsSync(group) && tries < 100; tries++) removeGroup(group);
});

/** A cgroup v2 directory of our own, or null. */
function makeGroup(): string | null {
  const root = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) =>
    existsSync(join(path, 'cgroup.controllers')),
  );
  try {
    return root ? mkdtempSync(join(root, 'holdfast-test-')) : null;
  } catch {
    return null;
  }
}

function removeGroup(path: string): void {
  try {
    writeFileSync(join(path, 'cgroup.kill'), '1');
    for (const item of readdirSync(path, { withFileTypes: true }))
      if (item.isDirectory()) removeGroup(join(path, item.name));
    rmdirSync(path);
  } catch {
    // A process may not have been reaped yet.
  }
}

const programs = (path: string): string[] => readdirSync(path).filter((name) => /^p\d+$/.test(name));

async function start(peer: Peer, script: string, more: FieldValues = {}): Promise<string> {
  const processId = `t${++made}`;
  const answer = await peer.ask(m.spawn, { processId, argv: ['sh', '-c', script], env, cwd: '/', ...more });
  expect(answer.type).toBe(m.ok);
  return processId;
}

async function exitOf(peer: Peer, processId: string): Promise<Buffer> {
  const frames = await peer.until(peer.send(m.attach, { processId, credit: 1 << 20 }), m.exit);
  return frames.at(-1)?.payload ?? Buffer.alloc(0);
}

async function launch(
  options: string[],
  wrapper: string[] = [],
): Promise<{ agent: TestAgent; peer: Peer; groups: boolean }> {
  const agent = new TestAgent(options, wrapper);
  agents.push(agent);
  const peer = await agent.peer(false);
  const hello = await peer.ask(m.hello, { version: 1 });
  return { agent, peer, groups: ((int(hello.payload, 'flags') ?? 0) & 1) === 1 };
}

/** Leaves its session, loses its parents and clears its environment. */
const breakAway = (file: string): string => `env -i setsid sh -c 'echo $$ > ${file}; exec sleep 60' & wait`;

describe.skipIf(group === null)('a tree in its cgroup (skipped without a writable cgroup v2)', () => {
  it.each([[[]], [['--guard-clone3']], [['--enters-groups']]])(
    'is killed whole, whatever its members did (%s)',
    async (more) => {
      const { agent, peer, groups } = await launch(['--cgroup', group ?? '', ...more]);
      expect(groups).toBe(true);
      const file = join(agent.root, 'escaped');
      const exit = await exitOf(peer, await start(peer, breakAway(file), { timeoutMs: 300, graceMs: 100 }));
      expect(int(exit, 'reason')).toBe(reason.timedOut);
      await vi.waitUntil(() => !existsSync(`/proc/${readFileSync(file, 'utf8').trim()}`));
    },
  );

  it.each([[[]], [['--enters-groups']]])(
    'is one group per program at a time, used again when empty (%s)',
    async (more) => {
      const directory = join(group ?? '', 'reuse');
      mkdirSync(directory);
      const { agent, peer } = await launch(['--cgroup', directory, ...more]);
      for (let i = 0; i < 20; i++) await exitOf(peer, await start(peer, 'true'));
      expect(programs(directory).length).toBe(1);
      const slow = await Promise.all(Array.from({ length: 12 }, () => start(peer, 'sleep 60')));
      expect(programs(directory).length).toBe(12);
      for (const processId of slow) await peer.ask(m.signal, { processId, signal: 9, flags: 3 });
      await peer.ask(m.ping);
      expect(programs(directory).length).toBeLessThanOrEqual(8);
      const background = await start(peer, 'sleep 60 >/dev/null 2>&1 & exit 0');
      expect(int(await exitOf(peer, background), 'reason')).toBe(reason.exited);
      await peer.ask(m.forget, { processId: background });
      await vi.waitUntil(async () => int((await peer.ask(m.quiet)).payload, 'count') === 1);
      await peer.ask(m.reset);
      expect(int((await peer.ask(m.quiet)).payload, 'count')).toBe(0);
      await agent.stop();
      await vi.waitUntil(() => {
        removeGroup(directory);
        return !existsSync(directory);
      });
    },
  );

  it('shows its children no clone3 when guarded', async () => {
    const { peer } = await launch(['--cgroup', group ?? '', '--guard-clone3']);
    const processId = await start(peer, 'grep Seccomp_filters /proc/self/status');
    const frames = await peer.until(peer.send(m.attach, { processId, credit: 1000 }), m.exit);
    expect(frames[0]?.payload.subarray(9).toString()).toMatch(/Seccomp_filters:\s+1/);
  });
});

describe.skipIf(!namespaces)('the first process of a pid namespace (skipped where unshare may not)', () => {
  const wrapper = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

  it('reaps orphans, empties the namespace on reset, and takes it along when it ends', async () => {
    const { agent, peer } = await launch([], wrapper);
    await exitOf(
      peer,
      await start(peer, 'for i in 1 2 3; do (sleep 0.05 &) ; done; env -i setsid sleep 60 >/dev/null 2>&1 &'),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(int((await peer.ask(m.quiet)).payload, 'count')).toBe(1);
    expect((await peer.ask(m.reset)).type).toBe(m.ok);
    expect(int((await peer.ask(m.quiet)).payload, 'count')).toBe(0);
    await start(peer, 'sleep 61234');
    const listed = all((await peer.ask(m.listProcesses)).payload, 'entry')[0] ?? Buffer.alloc(0);
    expect(int(listed, 'pid')).toBeLessThan(100);
    await peer.ask(m.shutdown, { graceMs: 50 });
    expect(await agent.exited).toBe(0);
    expect(execFileSync('ps', ['ax', '-o', 'args'], { encoding: 'utf8' })).not.toContain('sleep 61234');
  });

  it('cannot be read or signalled by what it runs', async () => {
    const { peer } = await launch([], wrapper);
    const processId = await start(
      peer,
      'kill -9 1; kill -TERM 1; setpriv --reuid 65534 --clear-groups cat /proc/1/environ 2>&1; sleep 0.05; echo alive',
    );
    const frames = await peer.until(peer.send(m.attach, { processId, credit: 4000 }), m.exit);
    const output = frames.filter((f) => f.type === m.output).map((f) => f.payload.subarray(9).toString());
    expect(output.join('')).toMatch(/denied[\s\S]*alive/);
    expect((await peer.ask(m.ping)).type).toBe(m.ok);
  });
});
