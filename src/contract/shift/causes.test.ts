import { describe, expect, it } from 'vitest';
import { fieldOf, fieldRegistry } from '../fields/index.ts';
import { causes, rootsOf } from './causes.ts';

const all = fieldRegistry.map(({ id }) => id);

describe('what follows from what', () => {
  it('is of fields that there are, and of families that have some', () => {
    const unknown = causes.flatMap(([cause, brings]) =>
      [cause, ...brings].filter((word) =>
        /[.-]$/.test(word) ? !all.some((id) => id.startsWith(word)) : fieldOf(word) === null,
      ),
    );
    expect(unknown).toEqual([]);
  });

  it('goes round in no circle: where all differ, something is left that follows from nothing', () => {
    const roots = rootsOf(all);
    expect([...roots.values()].filter((root) => roots.has(root))).toEqual([]);
    for (const [cause, brings] of causes) {
      const pair = [cause, ...all.filter((id) => brings.includes(id))];
      expect(rootsOf(pair).has(cause)).toBe(false);
    }
  });

  it('is told with the last of a chain, and never with what does not differ', () => {
    expect(rootsOf(['shell.implementation', 'shell.arrays'])).toEqual(
      new Map([['shell.arrays', 'shell.implementation']]),
    );
    expect(rootsOf(['userland.tar', 'userland.tar-compressions', 'messages.failures.archive'])).toEqual(
      new Map([
        ['userland.tar-compressions', 'userland.tar'],
        ['messages.failures.archive', 'userland.tar'],
      ]),
    );
    expect(rootsOf(['shell.arrays', 'clock.hash-seed'])).toEqual(new Map());
  });
});
