/**
 * Machines of a template that is warmed: its server was started once, while the memory was made that creates go on from, and answers
 * in each of them at once.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { CreateSandboxInput, HoldfastService, Sandbox } from '../../src/schema/index.ts';
import { debianWith, whyNoMachines } from '../fixtures/machines.ts';

const missing = await whyNoMachines('microvm');
const slow = 300_000;
const isolation = 'microvm';
const mebibyte = 1024 * 1024;
/** No create takes so long: what answers sooner was not started by it. */
const startMs = 15_000;

/** Imports and waits, then says what it is asked for over a port, from one process. */
const server = `
import os, random, socket, time
def generation():
    with open('/run/holdfast/generation') as f: return f.read().strip()
random.seed(5)
began, held = generation(), b''
time.sleep(${startMs / 1000})
s = socket.socket()
s.bind(('127.0.0.1', 8000))
s.listen()
open('/tmp/ready', 'w').close()
while True:
    c, _ = s.accept()
    word = c.recv(64).decode().strip()
    if word == 'eat':
        held = b'x' * (200 << 20)
        said = 'ate'
    if word == 'began': said = began
    if word == 'now': said = generation()
    if word == 'kernel': said = os.urandom(16).hex()
    if word == 'own': said = str(random.random())
    if word == 'pid': said = str(os.getpid())
    c.sendall(said.encode())
    c.close()
`;
const script = `#!/bin/sh
echo starting
python3 /opt/server.py &
until [ -e /tmp/ready ]; do sleep 0.1; done
echo "$(id -u)" > /workspace/by
`;
const place = 'etc/holdfast/warm.d';
/** Fails in a sandbox of that name, and where a file says so; takes too long where another one does. */
const hook = `#!/bin/sh
[ ! -e /tmp/slow ] || sleep 60
[ "$(cat /etc/hostname)" != spoilt ] && [ ! -e /tmp/spoilt ] && exit 0
echo no entropy >&2
exit 3
`;

describe.skipIf(missing !== null)(
  `machines of a template that is warmed${missing === null ? '' : ` (skipped: ${missing})`}`,
  { timeout: slow },
  () => {
    let home = '';
    let runtime: Runtime;
    let service: HoldfastService;

    const build = async (name: string, files: Readonly<Record<string, string>>): Promise<void> => {
      const directory = debianWith([], files);
      try {
        await service.buildTemplate({ name, from: 'directory', directory });
      } finally {
        rmSync(directory, { recursive: true });
      }
    };
    const create = (input: CreateSandboxInput = {}): Promise<Sandbox> =>
      service.createSandbox({ template: 'served', isolation, ...input });
    const sh = async (ref: string, command: string): Promise<string> => {
      const { stdout, stderr } = await service.exec(ref, { argv: ['bash', '-c', command] });
      return Buffer.concat([stdout, stderr]).toString().trim();
    };
    /** One question, without a second try. */
    const ask = (ref: string, word: string): Promise<string> =>
      sh(ref, `exec 3<>/dev/tcp/127.0.0.1/8000 && echo ${word} >&3 && cat <&3`);
    const memories = (): string[] => readdirSync(join(home, 'machine/memories')).sort();

    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), 'hf-warm-'));
      runtime = await createRuntime({ home });
      service = runtime.service();
      await build('served', { 'opt/server.py': server, [`${place}/10-server`]: script });
    }, slow);
    afterEach(async () => {
      for (const { id } of (await service.listSandboxes({ limit: 1000 })).items) await service.destroySandbox(id);
    }, slow);
    afterAll(async () => {
      await runtime.close();
      rmSync(home, { recursive: true, force: true });
    }, slow);

    it('has its server, started before any of them, answer in each at once, with random numbers of its own', async () => {
      const first = await create();
      const startedMs = performance.now();
      const second = await create();
      const now = await Promise.all([first, second].map(({ id }) => ask(id, 'now')));
      expect(performance.now() - startedMs).toBeLessThan(startMs);
      const began = await Promise.all([first, second].map(({ id }) => ask(id, 'began')));
      expect(began).toEqual(['template', 'template']);
      expect(now).toEqual(await Promise.all([first, second].map(({ id }) => sh(id, 'cat /run/holdfast/generation'))));
      expect(new Set([...now, ...began]).size).toBe(3);
      const kernel = await Promise.all([first, second].map(({ id }) => ask(id, 'kernel')));
      expect(kernel[0]).toMatch(/^[0-9a-f]{32}$/);
      expect(kernel[1]).not.toBe(kernel[0]);
      // As docs/memory.md says: a state of a program's own goes on alike until it is seeded anew.
      const own = await Promise.all([first, second].map(({ id }) => ask(id, 'own')));
      expect(own[1]).toBe(own[0]);
      expect(await sh(first.id, 'hostname')).not.toBe(await sh(second.id, 'hostname'));
    });

    it('has what the script wrote and said as the sandbox’s own', async () => {
      const { id } = await create();
      expect(await sh(id, 'cat /workspace/by')).toBe('1000');
      const { entries } = await service.diff({ to: id });
      expect(entries.map(({ path }) => path)).toEqual(expect.arrayContaining(['/workspace/by', '/tmp/ready']));
      const warmed = (await service.listProcesses(id)).find(({ processId }) => processId === 'warm-10-server');
      expect(warmed).toMatchObject({ argv: [`/${place}/10-server`], exit: { reason: 'exited', exitCode: 0 } });
    });

    it('counts what runs in it in its limits', async () => {
      const { id } = await create({ limits: { memoryBytes: 128 * mebibyte } });
      const pid = await ask(id, 'pid');
      expect(await ask(id, 'eat')).not.toBe('ate');
      await expect.poll(() => sh(id, `kill -0 ${pid} 2>/dev/null && echo lives || echo ended`)).toBe('ended');
      expect(await sh(id, 'echo here')).toBe('here');
      const free = await create();
      expect(await ask(free.id, 'eat')).toBe('ate');
    });

    it('hands it over from a pool, and forks it', async () => {
      await runtime.close();
      runtime = await createRuntime({ home, pools: [{ template: 'served', size: 1, isolation }] });
      service = runtime.service();
      const waiting = async (): Promise<boolean> => /^holdfast_pool_waiting\{.*\} 1$/m.test(await service.metrics());
      await expect.poll(waiting, { timeout: 60_000 }).toBe(true);
      const { id } = await create();
      expect(await ask(id, 'began')).toBe('template');
      expect(await ask(id, 'now')).toMatch(/^[0-9a-f]{32}$/);
      const children = await service.forkSandbox(id, { count: 2, memory: true });
      const draws = await Promise.all([id, ...children.map((child) => child.id)].map((ref) => ask(ref, 'kernel')));
      expect(new Set(draws).size).toBe(3);
      expect(await Promise.all(children.map((child) => ask(child.id, 'began')))).toEqual(['template', 'template']);
    });

    it('is cold where it starts from files alone: a snapshot, a hibernation without memory, a rollback', async () => {
      const { id } = await create();
      const isServed = async (ref: string): Promise<boolean> => (await ask(ref, 'pid')).match(/^\d+$/) !== null;
      expect(await isServed(id)).toBe(true);
      const snapshot = await service.createSnapshot(id);
      const fork = await create({ template: snapshot.id });
      expect(await isServed(fork.id)).toBe(false);
      expect(await sh(fork.id, 'cat /workspace/by')).toBe('1000');
      expect(await isServed(id)).toBe(true);
      await service.rollbackSandbox(id, snapshot.id);
      expect(await isServed(id)).toBe(false);
      const other = await create();
      await service.suspendSandbox(other.id, { memory: false });
      await service.resumeSandbox(other.id);
      expect(await isServed(other.id)).toBe(false);
      expect(await sh(other.id, 'cat /workspace/by')).toBe('1000');
    });

    it('is made anew of a changed script, and says which one failed', async () => {
      await build('changing', { [`${place}/10-a`]: '#!/bin/sh\necho one > /workspace/made\n' });
      const before = await create({ template: 'changing' });
      const known = memories();
      await build('changing', { [`${place}/10-a`]: '#!/bin/sh\necho two > /workspace/made\n' });
      const after = await create({ template: 'changing' });
      expect(await sh(before.id, 'cat /workspace/made')).toBe('one');
      expect(await sh(after.id, 'cat /workspace/made')).toBe('two');
      expect(memories().filter((name) => !known.includes(name))).toHaveLength(1);

      await build('changing', {
        [`${place}/10-a`]: '#!/bin/sh\ntrue\n',
        [`${place}/20-b`]: '#!/usr/bin/python3\nimport nothing_of_this_name\n',
      });
      const made = memories();
      await expect(create({ template: 'changing' })).rejects.toMatchObject({
        code: 'warm-failed',
        fault: 'caller',
        message: expect.stringContaining('20-b of the template ended with status 1: ModuleNotFoundError'),
        details: { program: '20-b', exitCode: 1 },
      });
      expect(memories()).toEqual(made);
    });

    it('is made of no memory whose hook fails, by its name, and goes on from its own with an event', async () => {
      await build('hooked', {
        'etc/holdfast/renewed.d/10-well': '#!/bin/sh\ntrue\n',
        'etc/holdfast/renewed.d/20-b': hook,
        'etc/holdfast/renewed.d/30-well': '#!/bin/sh\ntrue\n',
      });
      const of = (name: string): CreateSandboxInput => ({ template: 'hooked', name });
      const { id } = await create(of('well'));
      const living = async (): Promise<string[]> =>
        (await service.listSandboxes({ limit: 1000 })).items.map((box) => box.id);
      const before = await living();
      const refused = {
        code: 'hook-failed',
        message: expect.stringContaining('renewed.d/20-b of the template ended with status 3'),
        details: { hook: '20-b', exitCode: 3, log: expect.arrayContaining(['no entropy']) },
      };
      await expect(create(of('spoilt'))).rejects.toMatchObject(refused);
      await sh(id, 'touch /tmp/spoilt');
      await expect(service.forkSandbox(id, { count: 2, memory: true })).rejects.toMatchObject(refused);
      expect(await living()).toEqual(before);
      await sh(id, 'rm /tmp/spoilt; touch /tmp/slow');
      const events = service.events({ types: ['hook-failed'] }, {})[Symbol.asyncIterator]();
      const told = events.next();
      await service.suspendSandbox(id, { disk: true });
      await service.resumeSandbox(id);
      expect((await told).value).toMatchObject({
        sandbox: id,
        data: { hook: '20-b', reason: 'timed-out', message: expect.stringContaining('was not through within 15 s') },
      });
      await events.return?.();
      expect(await sh(id, 'rm /tmp/slow; echo here')).toBe('here');
      const [child] = await service.forkSandbox(id, { count: 1, memory: true });
      expect(await sh(child?.id ?? '', 'echo here')).toBe('here');
    });
  },
);
