/** How many notes there are of what is left out, and how long they are. */
import { expect, it } from 'vitest';
import { LeftOut } from './left-out.ts';

it('is named as long as it is few, and counted beyond that; no note is long, whatever files are called', () => {
  const left = new LeftOut();
  left.file('/workspace/pipe', 'fifo');
  for (let at = 0; at < 2000; at++) left.file(`/workspace/${'x'.repeat(4000)}${at}`, 'character-device');
  left.step({ step: 3, name: 'exec' }, 'not-kept');
  for (const step of [4, 7]) left.step({ step, name: 'signal-process' }, 'impossible');
  const notes = left.notes();
  expect(notes.filter((_, at) => at !== 1)).toEqual([
    '/workspace/pipe is left out: it is a fifo',
    'step 3 (exec) is left out: its input was not kept',
    'steps 4, 7 (signal-process) are left out',
  ]);
  expect(notes[1]).toMatch(
    /^\/workspace\/x+… \(\d+ characters\) and 1999 more are left out: each is a character-device$/,
  );
  expect(Math.max(...notes.map(({ length }) => length))).toBeLessThan(1000);
});
