/**
 * A daemon is killed (SIGKILL) at random moments while it works, again and again on the same home. After every restart
 * what was acknowledged is there, with its processes and files; at the end nothing is left over anywhere.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import { everywhere } from '../fixtures/gvisor.ts';

/** `HOLDFAST_CRASHES=200` is the soak; the usual run is kept short. */
const crashes = Number(process.env['HOLDFAST_CRASHES'] ?? 15);
const worker = join(import.meta.dirname, '../fixtures/crash-worker.ts');

interface Line {
  ready?: boolean;
  sandboxes?: { id: string; state: string }[];
  created?: string;
  destroying?: string;
  /** Its processes may end: a rollback or a hibernation began. */
  ending?: string;
  snapshot?: string;
}

let home = '';

/** What takes longer to do needs longer to be in the middle of it. */
const pace = {
  namespace: { kills: crashes, slower: 1 },
  'userspace-kernel': { kills: Math.ceil(crashes / 2), slower: 5 },
};

const places = (await everywhere()).map((place) => ({ ...place, ...pace[place.isolation] }));

describe.each(places)('a killed daemon, isolation $isolation', ({ isolation, missing, kills, slower }) => {
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'hf-crash-'));
  });
  afterAll(async () => {
    await rm(home, { recursive: true, force: true });
  });
  it.skipIf(missing !== null)(
    `loses nothing acknowledged and leaks nothing over ${kills} kills`,
    {
      timeout: 60_000 + kills * slower * 10_000,
    },
    async () => {
      const alive = new Set<string>();
      /** Somebody began to remove them; whether it was done is open. */
      const condemned = new Set<string>();
      const snapshots = new Set<string>();
      const ended = new Set<string>();
      for (let crash = 0; crash < kills; crash++) {
        const { first, lines } = await runAndKill({
          seed: crash + 1,
          afterMs: slower * (30 + ((crash * 97) % 700)),
          isolation,
        });
        const found = new Set((first.sandboxes ?? []).map(({ id }) => id));
        expect(
          [...alive].filter((id) => !found.has(id)),
          `lost after kill ${crash}`,
        ).toEqual([]);
        for (const line of lines) {
          if (line.created) alive.add(line.created);
          if (line.snapshot) snapshots.add(line.snapshot);
          if (line.ending) ended.add(line.ending);
          if (line.destroying) condemned.add(line.destroying);
        }
        for (const id of condemned) alive.delete(id);
      }
      expect(snapshots.size, 'the worker did work').toBeGreaterThan(0);
      await using runtime = await createRuntime({ home });
      const service = runtime.service();
      const { items } = await service.listSandboxes({ limit: 1000 });
      const lost = [...alive].filter((id) => !items.some((item) => item.id === id));
      expect(await Promise.all(lost.map((id) => service.getSandbox(id)))).toEqual([]);
      for (const { id, state } of items.filter((item) => alive.has(item.id))) {
        if (state !== 'ready') await service.resumeSandbox(id);
        const { stdout } = await service.exec(id, { argv: ['cat', 'name'], cwd: '/workspace' });
        expect(Buffer.from(stdout).toString()).toBe(id);
        const companion = (await service.listProcesses(id)).find(({ tag }) => tag === 'companion');
        if (!ended.has(id)) expect(companion?.exit, `the companion of ${id}`).toBeNull();
      }
      for (const id of snapshots) expect(await service.verifySnapshot(id)).toMatchObject({ id });
      for (const { id } of items) await service.destroySandbox(id);
      for (const id of [...snapshots].reverse()) await service.deleteSnapshot(id);
      await service.prune({ snapshots: true });
      await runtime.close();
      expect(leftovers()).toEqual({ groups: [], processes: [], sandboxes: [], sockets: [], layers: 1 });
    },
  );
});

interface Kill {
  seed: number;
  afterMs: number;
  isolation: string;
}

/** Starts the worker, kills it so long after it is ready, and answers what it said. */
async function runAndKill({ seed, afterMs, isolation }: Kill): Promise<{ first: Line; lines: Line[] }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', worker, home, String(seed), isolation],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = parseWhole(text);
    if (!line) continue;
    lines.push(line);
    if (line.ready) setTimeout(() => child.kill('SIGKILL'), afterMs);
  }
  const [first] = lines;
  if (!first?.ready) throw new Error(`the worker did not start: ${JSON.stringify(first)}`);
  return { first, lines };
}

/** The last line may be half written. */
function parseWhole(text: string): Line | null {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null;
  }
}

function leftovers(): Record<string, unknown> {
  const list = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
  const groups = groupsOfHome();
  return {
    groups,
    processes: readdirSync('/proc').filter(
      (pid) => /^\d+$/.test(pid) && groups.some((group) => read(`/proc/${pid}/cgroup`).includes(group)),
    ),
    sandboxes: list(join(home, 'sandboxes')),
    sockets: list(join(home, 'run')).filter((name) => name.endsWith('.sock')),
    layers: list(join(home, 'layers')).length,
  };
}

/** Limit groups of sandboxes, in every hierarchy. */
function groupsOfHome(): string[] {
  const name = `holdfast-${fnv1a(home).toString(16).padStart(8, '0')}`;
  const found: string[] = [];
  const walk = (path: string, depth: number): void => {
    for (const entry of depth > 5 ? [] : readdirSync(path, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const below = join(path, entry.name);
      if (path.includes(name) || entry.name === name) found.push(below);
      walk(below, depth + 1);
    }
  };
  if (existsSync('/sys/fs/cgroup')) walk('/sys/fs/cgroup', 0);
  return found.filter((path) => !path.endsWith(name));
}

/** As guest/launcher/groups_find.c names a home's groups. */
function fnv1a(text: string): number {
  let hash = 2166136261;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  return hash;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
