/** What a process prints, on its way into a recording whose daemon may die at any moment. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import { Redactor } from '../network/index.ts';
import type { Recorder } from '../recording/index.ts';
import type { OutputChunk } from '../schema/index.ts';
import { GatheredOutput } from './gathered-output.ts';

type Stream = OutputChunk['stream'];
interface Event {
  stream: Stream;
  offset: number;
  gapBytes: number;
  rawBytes: number;
  text: string;
}

const secrets = ['correct-horse', 'a-secret-that-is-longer-than-its-token-can-ever-be'];
const redactor = (known = secrets): Redactor => {
  const made = new Redactor(new Uint8Array(32), 'a', () => undefined);
  made.learn(known.map((value) => ({ name: 'x', value: Buffer.from(value) })));
  return made;
};
/** Its token ends as a well-known key begins: whether it goes on as one is not known until more comes. */
const likeAKey =
  Array.from({ length: 1000 }, (_, at) => `number-${at}-of-all`).find((value) =>
    redactor([value]).text(value).endsWith('g'),
  ) ?? '';
secrets.push(likeAKey);

/** One life of a daemon: it takes up where the events stand, and may be let down at any moment. */
function gather(events: Event[], after: (ms: number, work: () => void) => () => void): GatheredOutput {
  const own = redactor();
  const processOutput: Recorder['processOutput'] = (_, stream, at, data) => {
    if (data.length > 0 || at.gapBytes > 0) events.push({ stream, ...at, text: Buffer.from(data).toString() });
  };
  const recorder = { redactor: own, processOutput } as Pick<Recorder, 'processOutput' | 'redactor'>;
  const clock = { ...systemClock, after };
  return new GatheredOutput({ recorder, clock, processId: 'prc-1', offsets: ends(events) });
}

function ends(events: Event[]): Record<Stream, number> {
  const offsets = { stdout: 0, stderr: 0 };
  for (const { stream, offset, gapBytes, rawBytes } of events) {
    expect(offset).toBe(offsets[stream]);
    offsets[stream] = offset + gapBytes + rawBytes;
  }
  return offsets;
}

const textOf = (events: Event[], stream: Stream): string =>
  events.flatMap((event) => (event.stream === stream ? [event.text] : [])).join('');
const chunk = (stream: Stream, data: Uint8Array, gapBytes = 0): OutputChunk => ({ stream, offset: 0, data, gapBytes });

it('is recorded whole and once, secrets by their tokens, however it is cut and whenever the daemon dies (1)', () => {
  const word = fc.constantFrom(...secrets, ...secrets.map((secret) => secret.slice(0, 8)), 'g', ' ghx', '12\n', ' ');
  const printed = fc.array(word, { maxLength: 20 }).map((words) => words.join(' '));
  const happening = fc.record({
    stream: fc.constantFrom<Stream>('stdout', 'stderr'),
    bytes: fc.integer({ min: 1, max: 60 }),
    next: fc.constantFrom('goes on', 'goes on', 'is written', 'dies'),
  });
  let deaths = 0;
  fc.assert(
    fc.property(printed, printed, fc.array(happening, { maxLength: 40 }), (stdout, stderr, life) => {
      const raw = { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
      const events: Event[] = [];
      let due: (() => void) | null = null;
      const start = (): GatheredOutput =>
        gather(events, (_, work) => {
          due = work;
          return () => {
            due = null;
          };
        });
      let output = start();
      let read = ends(events);
      for (const { stream, bytes, next } of life) {
        const to = Math.min(raw[stream].length, read[stream] + bytes);
        output.take(chunk(stream, raw[stream].subarray(read[stream], to)));
        read[stream] = to;
        if (next === 'is written') (due as (() => void) | null)?.();
        if (next !== 'dies') continue;
        deaths++;
        due = null;
        output = start();
        read = ends(events);
      }
      for (const stream of ['stdout', 'stderr'] as const)
        output.take(chunk(stream, raw[stream].subarray(read[stream])));
      output.end();
      for (const stream of ['stdout', 'stderr'] as const) {
        expect(textOf(events, stream)).toBe(Buffer.from(redactor().bytes(raw[stream])).toString());
        expect(ends(events)[stream]).toBe(raw[stream].length);
      }
    }),
    { numRuns: 300 },
  );
  expect(deaths).toBeGreaterThan(300);
});

it('ends no piece within what stands for a secret (1)', () => {
  const events: Event[] = [];
  let due: () => void = () => undefined;
  const output = gather(events, (_, work) => {
    due = work;
    return () => undefined;
  });
  output.take(chunk('stdout', Buffer.from(`1 ${likeAKey}`)));
  due();
  expect(events).toEqual([]);
  output.take(chunk('stdout', Buffer.from(' ')));
  due();
  const text = `1 ${redactor().text(likeAKey)} `;
  expect(events).toEqual([{ stream: 'stdout', offset: 0, gapBytes: 0, rawBytes: likeAKey.length + 3, text }]);
});

it('says where something is missing, with all that came before it', () => {
  const events: Event[] = [];
  const output = gather(events, () => () => undefined);
  output.take(chunk('stdout', Buffer.from(`1 ${secrets[0]} corr`)));
  output.take(chunk('stdout', Buffer.from('ect-horse 2'), 100));
  output.end();
  expect(events).toEqual([
    {
      stream: 'stdout',
      offset: 0,
      gapBytes: 0,
      rawBytes: 20,
      text: expect.stringMatching(/^1 hfr_[a-z2-7]{26} corr$/),
    },
    { stream: 'stdout', offset: 20, gapBytes: 100, rawBytes: 0, text: '' },
    { stream: 'stdout', offset: 120, gapBytes: 0, rawBytes: 11, text: 'ect-horse 2' },
  ]);
});

it('does not wait for ever within what has a secret in it', () => {
  const events: Event[] = [];
  const output = gather(events, () => () => undefined);
  const text = Buffer.from(`user:${secrets[0]}${'x'.repeat(150_000)}`).toString('base64');
  for (let at = 0; at < text.length; at += 999) output.take(chunk('stdout', Buffer.from(text.slice(at, at + 999))));
  expect(events.length).toBeGreaterThan(1);
  output.end();
  expect(ends(events).stdout).toBe(text.length);
  expect(textOf(events, 'stdout')).toBe(redactor().text(text));
});
