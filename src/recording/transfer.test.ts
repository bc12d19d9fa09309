/** Recordings out and in. What comes in was made by anybody. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeSample, sampleRun, sampleWriter } from '../../test/fixtures/recordings.ts';
import { systemClock } from '../base/index.ts';
import { fromAtif } from './atif.ts';
import { openRecording } from './reader.ts';
import { readTestCase, writeTestCase } from './test-case.ts';
import { exportRecording, importRecording } from './transfer.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hf-transfer-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const place = (id: string) => ({
  directory: join(root, id),
  id,
  tenant: 'b',
  name: null,
  createdAt: '2026-01-02T03:04:05.678Z',
  clock: systemClock,
});
const steps = [
  { input: { command: 'ls' }, output: { stdout: 'é\n', exitCode: 0, reason: 'exited' } },
  { input: { command: 'big' }, output: { stdout: 'x'.repeat(9000) } },
];

async function out(format: 'bundle' | 'atif' | 'otel'): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of exportRecording(await openRecording(join(root, 'rec-1')), format)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* from(...data: Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  // In small pieces: nothing may depend on how they come.
  for (const each of data) for (let at = 0; at < each.length; at += 700) yield each.subarray(at, at + 700);
}

describe('a bundle', () => {
  it('comes in as it went out, under this home’s id, chain untouched', async () => {
    const run = await sampleRun(join(root, 'rec-1'), steps);
    const record = await importRecording(from(await out('bundle')), 'bundle', place('rec-2'));
    expect(record).toMatchObject({ id: 'rec-2', tenant: 'b', state: 'imported', steps: 2, sandbox: null });
    const reader = await openRecording(join(root, 'rec-2'));
    expect(reader.manifest.closed?.root).toBe(run.reader.manifest.closed?.root);
  });

  it('of a recording that is still written ends with its last whole event', async () => {
    const writer = await sampleWriter(join(root, 'rec-1'), steps);
    const bundle = await out('bundle');
    await writer.leave();
    expect(await importRecording(from(bundle), 'bundle', place('rec-2'))).toMatchObject({ steps: 2 });
  });

  const hostile: [string, { name: string; type?: 'file' | 'symlink' | 'directory'; linkname?: string }][] = [
    ['a path out of its place', { name: '../../../tmp/hf-escaped' }],
    ['a path out of its place, by a blob’s name', { name: `blobs/../../${'ab'.repeat(32)}` }],
    ['an absolute path', { name: '/tmp/hf-escaped' }],
    ['a symlink', { name: 'events.jsonl', type: 'symlink', linkname: '/etc/passwd' }],
    ['a directory', { name: 'blobs', type: 'directory' }],
    ['another file', { name: 'hello' }],
  ];
  it.each(hostile)('with %s is refused, and nothing of it stays', async (_, entry) => {
    const tar = pack();
    if (entry.type === undefined || entry.type === 'file') tar.entry({ name: entry.name }, 'x');
    else tar.entry(entry);
    tar.finalize();
    const refused = importRecording(tar as AsyncIterable<Uint8Array>, 'bundle', place('rec-2'));
    await expect(refused).rejects.toMatchObject({ code: 'recording-corrupt' });
    expect(readdirSync(root)).toEqual([]);
    expect(existsSync('/tmp/hf-escaped')).toBe(false);
  });

  it('with a blob larger than a content may be is refused', async () => {
    const tar = pack();
    tar.entry({ name: `blobs/ab/${'ab'.repeat(32)}` }, Buffer.alloc(64 * 1024 * 1024 + 1));
    tar.finalize();
    const refused = importRecording(tar as AsyncIterable<Uint8Array>, 'bundle', place('rec-2'));
    await expect(refused).rejects.toThrow(/is larger than 67108864 bytes/);
    expect(readdirSync(root)).toEqual([]);
  });

  it('that is no tar, or half of one, is refused', async () => {
    await sampleRun(join(root, 'rec-1'), steps);
    const bundle = await out('bundle');
    for (const data of [Buffer.from('no tar at all'), bundle.subarray(0, 1500), Buffer.alloc(0)]) {
      await expect(importRecording(from(data), 'bundle', place('rec-2'))).rejects.toMatchObject({
        code: 'recording-corrupt',
      });
    }
    expect(existsSync(join(root, 'rec-2'))).toBe(false);
  });

  it('that was changed is refused', async () => {
    await sampleRun(join(root, 'rec-1'), steps);
    const bundle = await out('bundle');
    const at = bundle.indexOf('"ls\\"');
    bundle.write('rm', at + 1);
    await expect(importRecording(from(bundle), 'bundle', place('rec-2'))).rejects.toMatchObject({
      code: 'recording-corrupt',
    });
  });
});

describe('an ATIF trajectory', () => {
  it('has each step as a tool call with its observation, and comes in again', async () => {
    const writer = await sampleWriter(join(root, 'rec-1'), steps);
    await closeSample(writer, 2);
    const text = (await out('atif')).toString();
    const document = JSON.parse(text) as Record<string, unknown>;
    expect(document).toMatchObject({
      schema_version: 'ATIF-v1.7',
      session_id: 'rec-1',
      trajectory_id: 'rec-1',
      agent: { name: 'holdfast' },
      final_metrics: { total_steps: 2 },
    });
    expect(document['steps']).toMatchObject([
      {
        step_id: 1,
        source: 'agent',
        // No model was asked: a program did it.
        llm_call_count: 0,
        tool_calls: [{ tool_call_id: 'cal-1', function_name: 'shell', arguments: { command: 'ls' } }],
        observation: { results: [{ source_call_id: 'cal-1', content: expect.stringContaining('é') }] },
        extra: { holdfast: { step: 1, ok: true } },
      },
      { step_id: 2 },
    ]);
    const record = await importRecording(from(Buffer.from(text)), 'atif', place('rec-3'));
    expect(record).toMatchObject({ state: 'imported', steps: 2 });
  });

  it.each([
    ['no JSON', '{'],
    ['another format', '{"schema_version":"OTHER-v1","steps":[]}'],
    ['no steps', '{"schema_version":"ATIF-v1.4"}'],
    [
      'a call without a name',
      '{"schema_version":"ATIF-v1.4","steps":[{"source":"agent","tool_calls":[{"tool_call_id":"a"}]}]}',
    ],
  ])('that is %s is refused', (_, text) => {
    expect(() => fromAtif(text)).toThrow(expect.objectContaining({ code: 'recording-corrupt' }));
  });

  it('of another maker comes in: messages, results, fields nobody knows', () => {
    const { steps: brought } = fromAtif(
      JSON.stringify({
        schema_version: 'ATIF-v1.7',
        agent: { name: 'x', version: '1', model_name: 'm' },
        extra: { more: 1 },
        steps: [
          { step_id: 1, source: 'user', message: 'do it' },
          {
            step_id: 2,
            source: 'agent',
            message: [{ type: 'text', text: 'ok' }],
            tool_calls: [{ tool_call_id: 'c1', function_name: 'bash', arguments: { cmd: 'ls' } }],
            observation: { results: [{ source_call_id: 'c1', content: 'a' }] },
            metrics: { prompt_tokens: 5, completion_tokens: 2, cost_usd: 0.1 },
          },
        ],
      }),
    );
    expect(brought).toMatchObject([
      { note: { by: 'user', text: 'do it' }, calls: [] },
      {
        model: { model: 'm', inputTokens: 5 },
        calls: [{ callId: 'c1', name: 'bash', input: { cmd: 'ls' }, output: 'a' }],
      },
    ]);
  });
});

it('OpenTelemetry spans follow the conventions: one trace, a root, a span per step', async () => {
  await sampleRun(join(root, 'rec-1'), steps);
  const document = JSON.parse((await out('otel')).toString()) as {
    resourceSpans: { scopeSpans: { schemaUrl: string; spans: Record<string, unknown>[] }[] }[];
  };
  const [scope] = document.resourceSpans[0]?.scopeSpans ?? [];
  expect(scope?.schemaUrl).toBe('https://opentelemetry.io/schemas/1.41.0');
  const spans = scope?.spans ?? [];
  expect(spans.map(({ name }) => name)).toEqual(['invoke_agent sample', 'execute_tool shell', 'execute_tool shell']);
  const [root_, tool] = spans;
  expect(tool).toMatchObject({
    traceId: root_?.['traceId'],
    parentSpanId: root_?.['spanId'],
    attributes: expect.arrayContaining([
      { key: 'gen_ai.operation.name', value: { stringValue: 'execute_tool' } },
      { key: 'gen_ai.tool.name', value: { stringValue: 'shell' } },
    ]),
  });
  expect(String(tool?.['spanId'])).toMatch(/^[0-9a-f]{16}$/);
  expect(String(tool?.['traceId'])).toMatch(/^[0-9a-f]{32}$/);
});

describe('what is parsed whole', () => {
  const over = Buffer.alloc(16 * 1024 * 1024 + 1, ' ');
  async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let turn = 0; turn < 10; turn++) yield over.subarray(0, 2 * 1024 * 1024);
  }

  it('is no larger than the daemon’s memory takes: a trajectory', async () => {
    const refused = importRecording(endless(), 'atif', place('rec-2'));
    await expect(refused).rejects.toMatchObject({ code: 'file-too-large' });
    expect(readdirSync(root)).toEqual([]);
  });

  it('is parsed one at a time', async () => {
    const trajectory = { schema_version: 'ATIF-v1.4', session_id: 's', agent: { name: 'a', version: '1' }, steps: [] };
    const text = Buffer.from(JSON.stringify(trajectory));
    const first = place('rec-2');
    let isFirstDone: boolean | null = null;
    const second = {
      ...place('rec-3'),
      get directory(): string {
        const manifest = join(first.directory, 'recording.json');
        isFirstDone ??= existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).closed !== null;
        return join(root, 'rec-3');
      },
    };
    await Promise.all([first, second].map((each) => importRecording(from(text), 'atif', each)));
    expect(isFirstDone).toBe(true);
  });

  it('is no larger than the daemon’s memory takes: a test, when it is run and when it is made', async () => {
    await expect(readTestCase(endless())).rejects.toMatchObject({ code: 'file-too-large' });
    const large = { notes: [over.toString()] } as unknown as Parameters<typeof writeTestCase>[0];
    expect(() => writeTestCase(large)).toThrow(expect.objectContaining({ code: 'file-too-large' }));
  });
});
