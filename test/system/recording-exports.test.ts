/** Exports of a recording, read by the code of those who define the formats or work with them (test/vendors). */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldfastService } from '../../src/schema/index.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const vendors = join(import.meta.dirname, '../vendors');
const modules = join(vendors, 'python');
const has = (name: string): boolean => existsSync(join(modules, name));
const skipping = (name: string): string =>
  has(name) ? '' : ` (skipped: test/vendors/requirements.txt is not installed)`;

function readBy(format: 'otel' | 'atif' | 'har', text: Buffer): Record<string, unknown> {
  const environment = { ...process.env, PYTHONPATH: modules };
  const ran = spawnSync('python3', [join(vendors, 'exports.py'), format], { input: text, env: environment });
  if (ran.status !== 0) throw new Error(ran.stderr.toString());
  return JSON.parse(ran.stdout.toString()) as Record<string, unknown>;
}

describe('a recording', () => {
  const runs = new RecordedRuns();
  let service: HoldfastService;
  let server: Server;
  let id = '';
  let url = '';
  beforeAll(async () => {
    service = await runs.open();
    server = createServer((_request, response) => response.end('hello\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A server that listens on TCP has such an address.
    const { port } = server.address() as AddressInfo;
    url = `http://127.0.0.1:${port}/greeting`;
    const box = await service.createSandbox({
      record: true,
      network: { allow: [{ host: '127.0.0.1', protocol: 'http', ports: [port], addresses: ['127.0.0.1/32'] }] },
    });
    await service.recordEvent(box.id, {
      type: 'model-call',
      model: 'a-model',
      provider: 'someone',
      request: { messages: [{ role: 'user', content: 'greet' }] },
      response: { text: 'as you wish' },
      durationMs: 12,
      inputTokens: 7,
      outputTokens: 3,
    });
    await runs.shell(box.id, `curl -s --noproxy '' ${url}; printf '\\303\\251\\377'; exit 3`);
    await service.callTool(box.id, { tool: 'files', input: { action: 'read', path: '/workspace/none' } });
    await service.recordEvent(box.id, {
      type: 'model-call',
      model: 'a-model',
      request: null,
      response: 'that was all',
      inputTokens: 5,
      outputTokens: 2,
    });
    id = await runs.finished(box);
  }, 60_000);
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await runs.close();
  });
  const exported = async (format: 'otel' | 'atif' | 'har'): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of await service.exportRecording(id, format)) pieces.push(piece);
    return Buffer.concat(pieces);
  };

  it.runIf(has('opentelemetry'))(`is OTLP by the protocol's own messages${skipping('opentelemetry')}`, async () => {
    expect(readBy('otel', await exported('otel'))).toEqual({
      names: [
        expect.stringContaining('invoke_agent'),
        'execute_tool shell',
        'execute_tool files',
        'chat a-model',
        'chat a-model',
      ],
      traces: 1,
      parents: 4,
      ids: [16, 16, 16, 16, 16, 8, 8, 8, 8, 8],
      ordered: true,
      errors: 2,
      asked: [{ role: 'user', parts: [{ type: 'text', content: 'greet' }] }],
      answered: [{ role: 'assistant', parts: [{ type: 'text', content: 'as you wish' }], finish_reason: 'stop' }],
    });
  });

  it.runIf(has('harbor'))(`is a trajectory by Harbor's own model of ATIF${skipping('harbor')}`, async () => {
    expect(readBy('atif', await exported('atif'))).toEqual({
      version: 'ATIF-v1.7',
      calls: ['shell', 'files'],
      observed: 2,
      agent: 'holdfast',
      said: ['as you wish', '', 'that was all'],
      models: [1, 0, 1],
      tokens: [12, 5],
    });
  });

  it.runIf(has('haralyzer'))(`has a tape that a reader of HAR reads${skipping('haralyzer')}`, async () => {
    expect(readBy('har', await exported('har'))).toEqual({
      version: '1.2',
      creator: 'holdfast',
      urls: [url],
      statuses: [200],
    });
  });
});
