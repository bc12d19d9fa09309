/** A snapshot is found by its name wherever one is meant, and never in the place of what goes before it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { HoldfastService } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-named-snapshots-'));
const guestBinary = buildGuest();
const path = '/workspace/file';
let runtime: Runtime;
let service: HoldfastService;
let box: string;
beforeAll(async () => {
  runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary });
  service = runtime.service();
  box = (await service.createSandbox({ isolation: 'none' })).id;
});
afterAll(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const write = (text: string): Promise<unknown> => service.writeFile(box, path, new TextEncoder().encode(text));
async function textIn(sandbox: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await service.readFile(sandbox, path)).content) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
async function take(text: string, name: string): Promise<string> {
  await write(text);
  return (await service.createSnapshot(box, { name })).id;
}
async function* noFiles(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1024);
}

it('is the newest of that name, in whatever takes a snapshot', async () => {
  const older = await take('older', 'good');
  const newer = await take('newer', 'good');
  await write('now');
  expect(await service.getSnapshot('good')).toMatchObject({ id: newer });
  expect(await service.verifySnapshot('good')).toMatchObject({ id: newer });
  expect(await service.diff({ from: older, to: 'good' })).toMatchObject({ from: older, to: newer });
  expect(await service.patch({ from: older, to: 'good' })).toContain('+newer');
  const tar: Uint8Array[] = [];
  for await (const piece of await service.exportFiles('good', { path })) tar.push(piece);
  expect(Buffer.concat(tar).toString()).toContain('newer');
  for (const made of [
    await service.forkSandbox('good', { isolation: 'none' }),
    [await service.createSandbox({ template: 'good', isolation: 'none' })],
  ]) {
    expect(made).toMatchObject([{ snapshot: newer }]);
    expect(await textIn(made[0]?.id ?? '')).toBe('newer');
  }
  expect(await service.rollbackSandbox(box, 'good')).toMatchObject({ snapshot: newer });
  expect(await textIn(box)).toBe('newer');
  const other = runtime.service('other');
  await expect(other.getSnapshot('good')).rejects.toMatchObject({ code: 'snapshot-not-found' });
  await expect(other.forkSandbox('good')).rejects.toMatchObject({ code: 'sandbox-not-found' });
  await expect(other.createSandbox({ template: 'good', isolation: 'none' })).rejects.toMatchObject({
    code: 'template-not-found',
  });
});

it('is deleted by it, one at a time, and its end tells its id', async () => {
  const older = await take('older', 'twice');
  const newer = await take('newer', 'twice');
  const abort = new AbortController();
  const events = service.events({ types: ['snapshot-deleted'] }, { signal: abort.signal })[Symbol.asyncIterator]();
  const next = events.next();
  await service.deleteSnapshot('twice');
  expect((await next).value).toMatchObject({ data: { snapshot: newer } });
  abort.abort();
  await events.next().catch(() => undefined);
  expect(await service.getSnapshot('twice')).toMatchObject({ id: older });
});

it('comes behind a sandbox and a template of that name', async () => {
  const named = await service.createSandbox({ name: 'both', isolation: 'none' });
  const after = await take('of box', 'both');
  const [twin] = await service.forkSandbox('both', { isolation: 'none' });
  expect(await service.getSnapshot(twin?.snapshot ?? '')).toMatchObject({ sandbox: named.id });
  await service.destroySandbox(named.id);
  expect(await service.forkSandbox('both', { isolation: 'none' })).toMatchObject([{ snapshot: after }]);
  await take('of box', 'host');
  expect(await service.createSandbox({ template: 'host', isolation: 'none' })).toMatchObject({ snapshot: null });
});

it.each(['', 'Bad name/..', 'holdfast-copy', 'holdfast-run test', '-x'])('cannot be %j', async (name) => {
  const refused = { code: 'invalid-argument' };
  await expect(service.createSnapshot(box, { name })).rejects.toMatchObject(refused);
  await expect(service.importFiles(noFiles(), { isolation: 'none', name })).rejects.toMatchObject(refused);
});
