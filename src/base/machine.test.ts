import { expect, it } from 'vitest';
import { processorWord, thisProcessor } from './machine.ts';

const cpu = (flags: string, mhz: string, more = ''): string =>
  `processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nstepping\t: 4\ncpu MHz\t\t: ${mhz}\nflags\t\t: ${flags}\n${more}`;

it('tells processors of one name apart by what they can do, and not by how fast they run just now', () => {
  const word = processorWord(cpu('fpu avx', '2000.1'));
  expect(word).toMatch(/^Xeon [0-9a-f]{16}$/);
  expect(processorWord(cpu('fpu avx', '2900.7', '\nprocessor\t: 1\nflags\t\t: fpu\n'))).toBe(word);
  expect(processorWord(cpu('fpu avx avx512f', '2000.1'))).not.toBe(word);
  expect(processorWord(cpu('fpu avx', '2000.1').replace('stepping\t: 4', 'stepping\t: 7'))).not.toBe(word);
});

it("knows this machine's", async () => {
  expect(await thisProcessor()).toBe(await thisProcessor());
  expect(await thisProcessor()).toMatch(/[0-9a-f]{16}$/);
});
