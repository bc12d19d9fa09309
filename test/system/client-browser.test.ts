/** The typed client in a real browser: its sources with nothing but the types taken out, another origin than the API's. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import { parseKeys, type RunningServer, serve } from '../../src/server/index.ts';
import { Browser, noBrowser } from '../fixtures/browser.ts';

const sources = resolve(import.meta.dirname, '../../src');
const key = 'key-of-a-page';

let home: string;
let pages: Server;
let origin: string;
let runtime: Runtime;
let server: RunningServer;

beforeAll(async () => {
  if (noBrowser !== null) return;
  home = await mkdtemp('/var/tmp/hfb-');
  pages = createServer(async ({ url = '/' }, answer) => {
    const source = url.endsWith('.ts') ? await readFile(join(sources, url.slice(1)), 'utf8').catch(() => null) : '';
    answer.writeHead(source === null ? 404 : 200, { 'content-type': source ? 'text/javascript' : 'text/html' });
    answer.end(source ? stripTypeScriptTypes(source) : '<title>page</title>');
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const bound = pages.address();
  origin = `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  runtime = await createRuntime({ home, ephemeral: true });
  const hash = createHash('sha256').update(key).digest('hex');
  server = await serve({
    listen: { host: '127.0.0.1', port: 0 },
    keys: parseKeys(`${hash} acme page`, 'keys'),
    serviceOf: (tenant) => runtime.service(tenant),
    signingKey: new Uint8Array(32).fill(7),
    log: silentLog,
    origins: [origin],
  });
});
afterAll(async () => {
  if (noBrowser !== null) return;
  await server?.close({ graceMs: 100 });
  await runtime?.close();
  pages?.close();
  await rm(home, { recursive: true, force: true });
});

const work = (address: string): string => `(async () => {
  const { createClient } = await import('/client/index.ts');
  const client = createClient({ baseUrl: ${JSON.stringify(address)}, key: ${JSON.stringify(key)} });
  const text = (bytes) => new TextDecoder().decode(bytes);
  const bytes = (words) => new TextEncoder().encode(words);
  const told = [];
  const { id, tenant } = await client.createSandbox({});
  const leave = new AbortController();
  const events = (async () => {
    for await (const { type } of client.events({ sandbox: id }, { signal: leave.signal })) told.push(type);
  })().catch(() => undefined);
  const { exitCode, stdout } = await client.exec(id, { argv: ['cat'], stdin: bytes('fed') });
  await client.writeFile(id, '/workspace/f', bytes('from a page'));
  const { stat, content } = await client.readFile(id, '/workspace/f');
  let read = '';
  for await (const piece of content) read += text(piece);
  const { processId } = await client.startProcess(id, { argv: ['cat'], stdin: true });
  const attachment = await client.attachProcess(id, processId);
  await attachment.write(bytes('typed'));
  await attachment.endInput();
  let said = '';
  for await (const { data } of attachment.output) said += text(data);
  const { reason } = await attachment.exit;
  const refused = await client.getSandbox('sbx-none').then(() => null, (error) => error.code);
  await client.destroySandbox(id);
  for (let tries = 0; tries < 100 && !told.includes('sandbox-gone'); tries++) await new Promise((go) => setTimeout(go, 20));
  leave.abort();
  await events;
  return { tenant, exitCode, fed: text(stdout), read, size: stat.sizeBytes, said, reason, refused, told };
})()`;

it.skipIf(noBrowser !== null)(
  `works over fetch, streams and a WebSocket${noBrowser === null ? '' : ` (skipped: ${noBrowser})`}`,
  { timeout: 60_000 },
  async () => {
    await using browser = await Browser.start();
    await browser.open(`${origin}/`);
    expect(await browser.evaluate(work(server.address))).toEqual({
      tenant: 'acme',
      exitCode: 0,
      fed: 'fed',
      read: 'from a page',
      size: 11,
      said: 'typed',
      reason: 'exited',
      refused: 'sandbox-not-found',
      told: expect.arrayContaining(['process-started', 'sandbox-gone']),
    });
  },
);
