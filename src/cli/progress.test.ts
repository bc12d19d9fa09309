import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from './io.ts';
import { Output } from './output.ts';
import { Progress, type Stage } from './progress.ts';

const stages: Stage[] = [
  { done: 0, of: 4, step: 'fields 1/25' },
  { done: 0, of: 4, step: 'rounds 2/50' },
  { done: 3, of: 4, step: null },
];

async function shown(isTTY: boolean, json = false, environment: Record<string, string> = {}): Promise<string> {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const io: Io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    environment,
    directory: '/',
    onSignal: () => () => undefined,
  };
  const progress = new Progress(io, new Output(io, json));
  for (const stage of stages) progress.show('session', stage);
  progress.note('session 4: harness: \u001b[2J lost');
  await progress[Symbol.asyncDispose]();
  stderr.end();
  return Buffer.concat(await stderr.toArray()).toString();
}

const clear = '\r\u001b[2K';

describe('progress', () => {
  it('is a bar that is rewritten in its place on a terminal, and gone at the end', async () => {
    const text = await shown(true);
    expect(text).toContain(
      `${clear}${'░'.repeat(20)} session 1/4 · fields 1/25${clear}${'░'.repeat(20)} session 1/4 · rounds 2/50`,
    );
    expect(text).toContain(`${clear}${'█'.repeat(15)}${'░'.repeat(5)} session 4/4${clear}`);
    expect(text.endsWith(clear)).toBe(true);
  });

  it.each([
    ['elsewhere', false, {}],
    ['on a terminal that cannot', true, { TERM: 'dumb' }],
  ])('is one line for each stretch %s', async (_, isTTY, environment) => {
    const text = await shown(isTTY, false, environment);
    expect(text.split('\n').filter((line) => line.includes('session 1/4'))).toHaveLength(1);
    expect(text).not.toMatch(/\r|█|░/);
  });
});
