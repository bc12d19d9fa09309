/** A recording on the disk: what a crash leaves, what damage is found, what is stored once. Pins format 1. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeSample, contentOf, sampleHead, sampleRun, sampleWriter } from '../../test/fixtures/recordings.ts';
import { chainStart, checkLine, encodeLine, systemClock } from '../base/index.ts';
import type { Content } from '../schema/index.ts';
import { Blobs } from './blobs.ts';
import { openRecording } from './reader.ts';
import { survey, takeUp } from './recovery.ts';
import { contentsIn, decodeValue, encodeValue } from './values.ts';
import { verifyRecording } from './verify.ts';
import { beginRecording, RecordingWriter } from './writer.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'hf-recording-')), 'rec-1');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

const large = { text: 'x'.repeat(10_000) };
const steps = [
  { input: { command: 'ls' }, output: { stdout: 'a\n', exitCode: 0, reason: 'exited' } },
  { input: { command: 'cat big' }, output: large },
];
const eventsPath = (): string => join(directory, 'events.jsonl');
const verified = async () => (await verifyRecording(directory, 'rec-1', true)).report;

describe('a line', () => {
  it('is spelled just so (format 1)', () => {
    const { text, link } = encodeLine('note', { atMs: 1, by: 'é', text: 'x' }, chainStart);
    const hash = '00972b47a7518691e2d455c49d64964f66b12f3da6eca4cd39076482f53e3e4d';
    expect(text).toBe(
      `{"body":{"atMs":1,"by":"é","text":"x"},"hash":"${hash}","previousHash":"${'0'.repeat(64)}","sequence":1,"type":"note"}\n`,
    );
    expect(link).toEqual({ sequence: 1, hash });
    expect(checkLine(Buffer.from(text.trimEnd()), chainStart)).toMatchObject({ link, type: 'note' });
  });

  it('is damaged by any other spelling', () => {
    const { text } = encodeLine('note', { atMs: 1, by: 'a', text: 'x' }, chainStart);
    for (const other of [text.replace('"x"', '"y"'), text.replace('"a"', '"\\u0061"'), text.replace('note', 'fault')])
      expect(checkLine(Buffer.from(other.trimEnd()), chainStart)).toHaveProperty('problem');
  });
});

describe('what a crash leaves', () => {
  it('of the last line is cut at whatever byte, and nothing acknowledged before it is lost', async () => {
    const writer = await sampleWriter(directory, steps);
    await writer.leave();
    const whole = readFileSync(eventsPath());
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let size = lastLine; size < whole.length; size++) {
      writeFileSync(eventsPath(), whole.subarray(0, size));
      const reader = await openRecording(directory);
      const left = await takeUp(reader);
      expect(left).toMatchObject({ cutBytes: size - lastLine, events: 4, steps: 2, openSteps: [2] });
      expect(statSync(eventsPath()).size).toBe(lastLine);
      expect(await verified()).toMatchObject({ ok: true, events: 4, tornBytes: 0 });
    }
  });

  it('is gone on from, with the chain unbroken', async () => {
    const writer = await sampleWriter(directory, steps);
    await writer.leave();
    appendFileSync(eventsPath(), '{"body":{"half');
    const left = await takeUp(await openRecording(directory));
    const next = new RecordingWriter({ directory, head: sampleHead(), clock: systemClock, from: left });
    next.append({ type: 'note', by: 'a', text: 'again' });
    await closeSample(next, 2);
    expect(await verified()).toMatchObject({ ok: true, events: 6, steps: 2 });
  });

  it('is told when it is not repaired', async () => {
    const writer = await sampleWriter(directory, steps);
    await writer.leave();
    appendFileSync(eventsPath(), 'half');
    expect(await verified()).toMatchObject({ ok: true, tornBytes: 4 });
    expect((await survey(await openRecording(directory))).cutBytes).toBe(4);
  });
});

describe('damage', () => {
  it('of any one byte is found', async () => {
    await sampleRun(directory, steps);
    const whole = readFileSync(eventsPath());
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        writeFileSync(eventsPath(), damaged);
        expect((await verified()).ok).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('of a closed recording is also that its end is missing', async () => {
    await sampleRun(directory, steps);
    const whole = readFileSync(eventsPath());
    truncateSync(eventsPath(), whole.lastIndexOf('\n', whole.length - 2) + 1);
    expect(await verified()).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('where the recording was closed')],
    });
  });

  it('of a blob is found, and a blob that is missing', async () => {
    await sampleRun(directory, steps);
    const [blob = ''] = blobs();
    const packed = readFileSync(blob);
    writeFileSync(blob, zstdCompressSync(Buffer.from('something else')));
    expect(await verified()).toMatchObject({ ok: false, problems: [expect.stringContaining('not what was recorded')] });
    rmSync(blob);
    expect((await verified()).ok).toBe(false);
    writeFileSync(blob, packed);
    expect((await verified()).ok).toBe(true);
  });

  it('is a blob that becomes more than its event said: it is not unpacked', async () => {
    await sampleRun(directory, steps);
    const [blob = ''] = blobs();
    writeFileSync(blob, zstdCompressSync(Buffer.alloc(50_000_000)));
    expect(await verified()).toMatchObject({
      ok: false,
      problems: [expect.stringMatching(/larger than|output length/i)],
    });
  });
});

describe('contents', () => {
  it('of the same bytes are stored once, short ones in their line', async () => {
    const writer = await sampleWriter(
      directory,
      [steps[1], steps[1], steps[0]].flatMap((one) => one ?? []),
    );
    expect(blobs().length).toBe(1);
    expect(writer.put(Buffer.from('short'))).toMatchObject({ bytes: 5, text: 'short' });
    expect(writer.put(Uint8Array.of(255, 0))).toMatchObject({ base64: '/wA=' });
    await writer.leave();
  });

  it('past the limits are counted and said to be missing', async () => {
    const limits = { contentBytes: 6000, totalBytes: 20_000 };
    const writer = await beginRecording({ directory, head: sampleHead(), clock: systemClock, limits });
    expect(writer.put(Buffer.alloc(7000))).toMatchObject({ bytes: 7000, cut: 'too-large' });
    for (let turn = 0; writer.fullness === null; turn++)
      writer.append({ type: 'note', by: 'a', text: String(turn).repeat(500) });
    expect(writer.put(Buffer.alloc(5000, 1))).toMatchObject({ bytes: 5000, cut: 'recording-full' });
    await writer.leave();
  });

  it('of a conversation that grows are kept once', async () => {
    const writer = await beginRecording({ directory, head: sampleHead(), clock: systemClock });
    const put = (data: Uint8Array): Content => writer.put(data);
    const messages = Array.from({ length: 50 }, (_, at) => ({ role: 'user', content: `${at} ${'x'.repeat(5000)}` }));
    for (let turn = 1; turn <= 50; turn++)
      contentOf(writer, encodeValue({ messages: messages.slice(0, turn) }, put, true));
    expect(blobs().filter((path) => statSync(path).size > 100).length).toBeLessThan(110);
    expect(writer.bytes).toBeLessThan(200_000);
    await writer.leave();
  });
});

describe('a write that fails', () => {
  it('is taken back, and told by the next event that can be written', async () => {
    const writer = await sampleWriter(directory, []);
    const tooLong = { type: 'note', by: 'a', text: 'x' } as const;
    expect(writer.tryAppend({ ...tooLong, text: '\ud800' })).toBeNull();
    writer.append(tooLong);
    await writer.leave();
    const events = [];
    for await (const event of (await openRecording(directory)).events()) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['recording-begun', 'gap', 'note']);
    expect(events[1]).toMatchObject({ lostEvents: 1, reason: expect.stringContaining('surrogate') });
  });
});

describe('an event that its reader would refuse', () => {
  it('is cut where a text outgrew its bound, and says so', async () => {
    const writer = await sampleWriter(directory, []);
    const process = { processId: 'prc-1', step: null, environment: {}, pty: false };
    const argv = ['x'.repeat(200_000), ...Array.from({ length: 5000 }, () => 'a')];
    const long = { cwd: `/${'c'.repeat(5000)}`, tag: 't'.repeat(300) };
    writer.append({ type: 'process-started', ...process, argv, ...long });
    writer.append({ type: 'note', by: '\u{1f600}'.repeat(300), text: 'x'.repeat(70_000) });
    await closeSample(writer, 0);
    expect(await verified()).toMatchObject({ ok: true, problems: [] });
    const events = [];
    for await (const event of (await openRecording(directory)).events()) events.push(event);
    const [, started, note] = events;
    if (started?.type !== 'process-started' || note?.type !== 'note') throw new Error('not written');
    expect(started.argv.length).toBe(4096);
    expect(started.argv[0]).toMatch(/x… \[cut from 200000 characters]$/);
    expect(started.argv.at(-1)).toBe('… [cut from 5001 items]');
    expect([started.cwd, started.tag, note.by, note.text]).toEqual([
      expect.stringMatching(/cut from 5001 characters]$/),
      expect.stringMatching(/cut from 300 characters]$/),
      expect.stringMatching(/cut from 600 characters]$/),
      expect.stringMatching(/cut from 70000 characters]$/),
    ]);
  });

  it('and cannot be cut is not written, and told by the next one that is (5)', async () => {
    const writer = await sampleWriter(directory, []);
    const input = writer.put(Buffer.from('1'));
    const begun = { step: 1, callId: 'c', kind: 'tool', input, inputDigest: input.digest, mutates: true } as const;
    expect(() => writer.append({ type: 'step-begun', ...begun, name: 'n'.repeat(300) })).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining('name') }),
    );
    const score = Number.POSITIVE_INFINITY;
    expect(writer.tryAppend({ type: 'verdict', by: 'x', verdict: 'pass', score, detail: '' })).toBeNull();
    await closeSample(writer, 0);
    expect(await verified()).toMatchObject({ ok: true, events: 1, problems: [] });
  });
});

describe('a value', () => {
  it('comes back as it was, bytes and marks of our own included', () => {
    const kept = new Map<string, Uint8Array>();
    const put = (data: Uint8Array): Content => {
      const digest = kept.size.toString(16).padStart(64, '0');
      kept.set(digest, data);
      return { bytes: data.length, digest, blob: true };
    };
    const get = ({ digest }: Content): Uint8Array => kept.get(digest) ?? new Uint8Array();
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 20 }),
      fc.string({ minLength: 600, maxLength: 700 }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(leaf, fc.array(tie('value'), { maxLength: 4 }), tie('object')),
      object: fc.dictionary(fc.constantFrom('$bytes', '$part', '$plain', 'a', 'b'), tie('value'), { maxKeys: 3 }),
    }));
    fc.assert(
      fc.property(value, fc.boolean(), (given, split) => {
        const text = JSON.stringify(encodeValue(given, put, split));
        expect(decodeValue(JSON.parse(text), get)).toEqual(given);
      }),
    );
  });

  it('names every content it is made of', () => {
    const content = { bytes: 3, digest: 'ab'.repeat(32), blob: true };
    const found = [...contentsIn({ a: [{ $bytes: content }, { $part: content }], b: content, c: { $plain: content } })];
    expect(found).toMatchObject([
      { content, isValue: false },
      { content, isValue: true },
    ]);
  });

  it('of somebody who writes what looks like a name is data: nothing is opened, and the recording is sound', async () => {
    const printed = [
      { digest: 'x', bytes: 1 },
      { blob: true, bytes: 9e15, digest: '../../../../../../../../dev/zero' },
      { $bytes: { blob: true, bytes: 9e15, digest: '../../../../../../../../dev/zero' } },
      { $part: { blob: true, bytes: 4, digest: 'ab'.repeat(32) } },
    ];
    const text = JSON.stringify({ printed, filling: 'x'.repeat(5000) });
    const writer = await sampleWriter(directory, [{ input: { printed }, output: { printed, stdout: text } }]);
    const at = { processId: 'prc-1', stream: 'stdout' as const, offset: 0, gapBytes: 0 };
    writer.append({ type: 'process-output', ...at, content: writer.put(Buffer.from(text)) });
    const put = (data: Uint8Array): Content => writer.put(data);
    const facts = encodeValue({ printed }, put) as Record<string, unknown>;
    writer.append({ type: 'lifecycle', what: 'sandbox-labelled', facts });
    writer.append({ type: 'network-flow', flow: { printed } });
    await closeSample(writer, 1);
    expect(await verified()).toMatchObject({ ok: true, problems: [] });
  });

  it('that are named by a mark are followed, however deep, and a mark that names a path is damage', async () => {
    const writer = await sampleWriter(directory, []);
    const missing = { bytes: 5000, digest: 'ab'.repeat(32), blob: true };
    const part = writer.put(Buffer.from(JSON.stringify([{ $bytes: missing }, 'x'.repeat(5000)])));
    const path = { bytes: 9e15, digest: '../../../../../../../../dev/zero', blob: true };
    for (const value of [[{ $part: part }], [{ $bytes: path }]]) {
      const request = writer.put(Buffer.from(JSON.stringify(value)));
      const nothing = { response: null, durationMs: null, failure: null, cause: null, provider: null, step: 0 };
      const usage = { inputTokens: null, outputTokens: null };
      writer.append({ type: 'model-call', model: 'm', request, requestDigest: request.digest, usage, ...nothing });
    }
    await closeSample(writer, 0);
    expect((await verified()).problems).toEqual([
      expect.stringContaining(`blob ${'ab'.repeat(32)}`),
      expect.stringContaining('names bytes that are none'),
    ]);
  });
});

describe('a blob', () => {
  const digest = 'ab'.repeat(32);
  const blob = (): string => join(directory, 'blobs', 'ab', digest);
  const read = () => new Blobs(directory).read(digest, 1e15);
  beforeEach(() => mkdirSync(join(directory, 'blobs', 'ab'), { recursive: true }));

  it.each(['../../../../../../dev/zero', 'AB'.repeat(32), `${digest}\n`, ''])(
    'is named by a digest, not %j (4)',
    (name) => {
      for (const work of [() => new Blobs(directory).read(name, 10), () => new Blobs(directory).path(name, false)])
        expect(work).toThrow(expect.objectContaining({ message: expect.stringContaining('no digest') }));
    },
  );

  it.each(['', '.zst'])('is a regular file: no symlink, no pipe that is waited for, no device (4) %s', (ending) => {
    symlinkSync('/dev/zero', `${blob()}${ending}`);
    expect(read).toThrow(/ELOOP/);
    rmSync(`${blob()}${ending}`);
    execFileSync('mkfifo', [`${blob()}${ending}`]);
    expect(read).toThrow(/no regular file/);
  });

  it('is never more than a content may have, whatever its event says (3)', () => {
    writeFileSync(blob(), '');
    truncateSync(blob(), 64 * 1024 * 1024 + 1);
    expect(read).toThrow(/larger than it may be/);
    writeFileSync(`${blob()}.zst`, zstdCompressSync(Buffer.alloc(64 * 1024 * 1024 + 1)));
    expect(read).toThrow(/larger than|output length/i);
    truncateSync(`${blob()}.zst`, 4 * 1024 * 1024 + 1);
    expect(read).toThrow(/larger than it may be/);
  });

  it('names no path by its digest', () => {
    const hostile = { $bytes: { bytes: 1, digest: '../../../../etc/passwd', blob: true } };
    expect(() => decodeValue(hostile, () => new Uint8Array())).toThrow(
      expect.objectContaining({ code: 'recording-corrupt' }),
    );
  });
});

function blobs(): string[] {
  return readdirSync(join(directory, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
