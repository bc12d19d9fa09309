import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPeers } from './peer-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-peer-files-'));
const key = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
const load = (text: string): ReturnType<typeof loadPeers> => {
  writeFileSync(join(directory, 'peers.yaml'), text);
  return loadPeers('peers.yaml', directory, directory);
};
const peer = (more = ''): string => `{ name: b, publicKey: ${key}, tenants: [default]${more} }`;

beforeAll(() => {
  writeFileSync(join(directory, 'b.key'), 'secret\n', { mode: 0o600 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('are read with the key that this runtime is known by, which stays the same', async () => {
  const { peers, publicKey } = await load(`peers: [${peer(', url: "http://127.0.0.1:1", keyFile: b.key')}]`);
  expect(peers).toMatchObject([{ name: 'b', publicKey: key, tenants: ['default'], agents: [] }]);
  expect(peers[0]?.serviceOf?.('default').startSession).toBeTypeOf('function');
  expect(publicKey).toMatch(/^[\w-]{43}$/);
  expect((await load('peers: []')).publicKey).toBe(publicKey);
  expect((await load(`peers: [${peer()}]`)).peers[0]).not.toHaveProperty('serviceOf');
});

it('are refused with the line of what is wrong, and when others may read a key', async () => {
  const wrong = (text: string): object =>
    expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(text) });
  await expect(load('peers:\n  - { name: b, publicKey: short, tenants: [x] }')).rejects.toEqual(wrong('peers.yaml:2'));
  await expect(load(`peers: [${peer()}, ${peer()}]`)).rejects.toEqual(wrong('two peers'));
  await expect(load(`peers: [${peer(', url: "file:///etc"')}]`)).rejects.toEqual(wrong('url'));
  await expect(load(`peers: [${peer(', agent: x')}]`)).rejects.toEqual(wrong('agent'));
  await expect(load(`peers: [${peer(', url: "http://127.0.0.1:1", keyFile: none')}]`)).rejects.toMatchObject({
    code: 'file-not-found',
    message: expect.stringContaining('none'),
  });
  chmodSync(join(directory, 'b.key'), 0o644);
  await expect(load(`peers: [${peer(', url: "http://127.0.0.1:1", keyFile: b.key')}]`)).rejects.toMatchObject({
    code: 'permission-denied',
  });
});
