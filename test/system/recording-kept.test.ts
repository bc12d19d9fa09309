/** What recordings need while they are kept, what they hold, and that they are whole after the daemon was killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
const { home, shell, until, recorded, finished } = runs;
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
});
afterAll(() => runs.close());

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

describe('what a recording needs', () => {
  it('is kept: snapshots are no garbage, and are not deleted under it', async () => {
    const id = await recorded(['echo kept > a']);
    const events = (await service.recordingEvents(id, { limit: 1000 })).items;
    const snapshot = events.find((event) => event.type === 'snapshot-taken')?.snapshot ?? '';
    await service.prune({ snapshots: true });
    await expect(service.deleteSnapshot(snapshot)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining(id),
    });
    expect(await service.replayRecording(id)).toMatchObject({ reproduced: true });
    await service.deleteRecording(id);
    await expect(service.getSnapshot(snapshot)).rejects.toMatchObject({ code: 'snapshot-not-found' });
    await expect(service.getRecording(id)).rejects.toMatchObject({ code: 'recording-not-found' });
    expect(readdirSync(join(home, 'recordings'))).not.toContain(id);
  });

  it('does not get in the way of who reads the files: a diff shows all since the beginning, at any moment', async () => {
    const box = await service.createSandbox({ record: true });
    for (let turn = 0; turn < 12; turn++) {
      await shell(box.id, `echo ${turn} > f${turn}`);
      await sleep(turn * 4);
      const { entries } = await service.diff({ to: box.id, path: '/workspace' });
      expect(entries.filter(({ kind }) => kind === 'added').length).toBe(turn + 1);
    }
    await finished(box);
  });

  it('leaves the root of a sandbox in its place while little was written there', { timeout: 60_000 }, async () => {
    const work = ['echo 1 > a', 'echo 2 > b; rm a', 'head -c 3000000 /dev/zero > c', 'echo 4 > d'];
    const id = await recorded(work);
    const events = (await service.recordingEvents(id, { limit: 1000 })).items;
    const methods = events.flatMap((event) => (event.type === 'snapshot-taken' ? [event.method] : []));
    expect(methods).toEqual(['copy', 'copy', 'rotate', 'copy']);
    expect(await service.replayRecording(id)).toMatchObject({ reproduced: true });
    for (const [at, files] of [['a'], ['b'], ['b', 'c'], ['b', 'c', 'd']].entries()) {
      const { sandbox, reached } = await service.forkRecording(id, { step: at + 1 });
      expect(reached).toBe(at + 1);
      const names = (await service.listFiles(sandbox.id, '/workspace')).map(({ path }) => path.split('/').at(-1));
      expect(names.sort()).toEqual(files);
      await service.destroySandbox(sandbox.id);
    }
  });

  it('is begun and ended on a sandbox that lives', async () => {
    const box = await service.createSandbox({});
    await shell(box.id, 'echo before > a');
    const open = await service.startRecording(box.id, { name: 'later' });
    await expect(service.startRecording(box.id)).rejects.toMatchObject({ code: 'in-use' });
    await expect(service.deleteRecording(open.id)).rejects.toMatchObject({ code: 'in-use' });
    await shell(box.id, 'cat a; echo after > b');
    await service.recordEvent(box.id, { type: 'verdict', by: 'a test', verdict: 'pass' });
    const closed = await service.stopRecording(box.id);
    expect(closed).toMatchObject({ id: open.id, state: 'closed', steps: 1 });
    await expect(service.recordEvent(box.id, { type: 'note', by: 'x', text: 'y' })).rejects.toMatchObject({
      code: 'recording-not-found',
    });
    await shell(box.id, 'echo unrecorded');
    expect((await service.getRecording('later')).steps).toBe(1);
    expect(await service.replayRecording('later')).toMatchObject({ reproduced: true });
    await service.destroySandbox(box.id);
  });

  it('has one beginning: of two at once one is refused', async () => {
    const box = await service.createSandbox({});
    const both = await Promise.allSettled([service.startRecording(box.id), service.startRecording(box.id)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'in-use' } });
    expect((await service.listRecordings({ sandbox: box.id })).items).toHaveLength(1);
    await shell(box.id, 'echo one > a');
    expect(await service.stopRecording(box.id)).toMatchObject({ steps: 1 });
    await service.destroySandbox(box.id);
  });

  it('that cannot be written any more does not keep its sandbox', async () => {
    const box = await service.createSandbox({ record: true });
    const [recording] = (await service.listRecordings({ sandbox: box.id })).items;
    rmSync(join(home, 'recordings', recording?.id ?? ''), { recursive: true });
    expect(await service.destroySandbox(box.id)).toMatchObject({ state: 'gone' });
  });

  it('holds no secret: not in events, not in blobs', async () => {
    const secret = `very-secret-${'x'.repeat(20)}`;
    await service.putSecret('deploy', bytes(secret));
    const box = await service.createSandbox({ record: true, environment: { API_TOKEN: `env-${secret}` } });
    await service.exec(box.id, {
      argv: ['sh', '-c', `echo ${secret}; echo $API_TOKEN | base64; yes "${secret}" | head -c 9000`],
    });
    await service.writeFile(box.id, '/workspace/k', bytes(`${secret}\n`.repeat(500)));
    await shell(box.id, `printf %s '${secret.slice(0, 10)}'; sleep 0.05; echo '${secret.slice(10)}'`);
    const { processId } = await service.startProcess(box.id, {
      argv: ['sh', '-c', `printf ${secret.slice(0, 10)}; sleep 0.1; printf ${secret.slice(10)}; cat k`],
    });
    await until(box.id, (event) => event.type === 'process-ended' && event.processId === processId);
    const id = await finished(box);
    const events = JSON.stringify((await service.recordingEvents(id, { limit: 1000 })).items);
    expect(events).toMatch(/hfr_[a-z2-7]{26}/);
    expect(events).not.toContain(secret);
    expect(events).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
    const digests = new Set<string>();
    JSON.parse(events, (_, value: { blob?: unknown; digest?: string } | null) => {
      if (value?.blob && value.digest) digests.add(value.digest);
      return value;
    });
    expect(digests.size).toBeGreaterThan(0);
    for (const digest of digests) expect(text(await service.recordingContent(id, digest))).not.toContain(secret);
    await service.deleteSecret('deploy');
  });
});

describe('a daemon that is killed', () => {
  it('leaves no snapshot and no sandbox of a replay or a test', { timeout: 120_000 }, async () => {
    const own = mkdtempSync(join(tmpdir(), 'hf-killed-run-'));
    const worker = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/replay-worker.ts'), own], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      if (!worker.stdout) throw new Error('it says nothing');
      let left: { replay: string[]; test: string[] } | null = null;
      for await (const line of createInterface({ input: worker.stdout })) {
        left = JSON.parse(line) as { replay: string[]; test: string[] };
        worker.kill('SIGKILL');
      }
      await ended;
      expect([left?.replay.length, left?.test.length]).toEqual([1, 1]);
      await using next = await createRuntime({ home: own, ephemeral: true });
      const again = next.service();
      const names = (await again.listSnapshots({ limit: 1000 })).items.map(({ name }) => name);
      expect(names).toContain('kept');
      expect(names.filter((name) => name?.startsWith('holdfast-run'))).toEqual([]);
      const boxes = (await again.listSandboxes()).items.filter(({ state }) => state !== 'gone');
      expect(boxes.map(({ name }) => name)).toEqual(['own']);
    } finally {
      worker.kill('SIGKILL');
      rmSync(own, { recursive: true, force: true });
    }
  });

  it('loses nothing that was answered, and the next one goes on where it stood', { timeout: 120_000 }, async () => {
    const own = mkdtempSync(join(tmpdir(), 'hf-killed-'));
    const worker = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/recording-worker.ts'), own], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const said = await killedAfter(worker, 8);
      const halfMade = `rec-${'0'.repeat(26)}`;
      mkdirSync(join(own, 'recordings', halfMade));
      await using next = await createRuntime({ home: own, ephemeral: true });
      expect(readdirSync(join(own, 'recordings'))).not.toContain(halfMade);
      const again = next.service();
      const info = await again.getRecording('killed');
      expect(info).toMatchObject({ state: 'open' });
      const events = (await again.recordingEvents(info.id, { limit: 1000 })).items;
      const ended = events.filter((event) => event.type === 'step-ended' && event.ok).length;
      expect(ended).toBeGreaterThanOrEqual(said.turns);
      expect(info.steps - ended).toBeLessThanOrEqual(1);
      const lost = events.filter((event) => event.type === 'step-ended' && !event.ok);
      for (const event of lost) expect(event).toMatchObject({ cause: 'infrastructure', causeRule: 'daemon-ended' });
      expect(events.some((event) => event.type === 'recording-begun' && event.resumed)).toBe(true);
      expect(await again.verifyRecording(info.id)).toMatchObject({ ok: true, tornBytes: 0 });
      const after = await again.callTool(said.sandbox, {
        tool: 'shell',
        input: { command: 'tail -n 1 all; echo on > on' },
      });
      expect(after.ok).toBe(true);
      await again.destroySandbox(said.sandbox);
      expect(await again.getRecording('killed')).toMatchObject({ state: 'closed', steps: info.steps + 1 });
      expect(await again.verifyRecording(info.id)).toMatchObject({ ok: true });
      const last = await again.forkRecording(info.id, { step: info.steps + 1 });
      expect(last).toMatchObject({ reached: info.steps + 1, notes: [] });
    } finally {
      worker.kill('SIGKILL');
      rmSync(own, { recursive: true, force: true });
    }
  });
});

async function killedAfter(worker: ChildProcess, least: number): Promise<{ sandbox: string; turns: number }> {
  const said = { sandbox: '', turns: 0 };
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  if (!worker.stdout) throw new Error('it says nothing');
  for await (const line of createInterface({ input: worker.stdout })) {
    const { sandbox, turn, ok } = JSON.parse(line) as { sandbox?: string; turn?: number; ok?: boolean };
    if (sandbox !== undefined) said.sandbox = sandbox;
    if (turn !== undefined && ok) said.turns = turn;
    if (turn === least) {
      await sleep(Math.random() * 20);
      worker.kill('SIGKILL');
    }
  }
  await ended;
  return said;
}
