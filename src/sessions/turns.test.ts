import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

/** Work that ends when it is told to. */
function held(turns: Turns, tenant: string, places: number, begun: string[], name: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  void turns.run({ tenant, places }, () => {
    begun.push(name);
    return promise;
  });
  return resolve;
}
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('gives what takes several places as many, and lets nothing smaller pass it', async () => {
  const turns = new Turns(8, 4);
  const begun: string[] = [];
  const endFirst = held(turns, 'a', 3, begun, 'first');
  const endLarge = held(turns, 'a', 2, begun, 'large');
  const endSmall = held(turns, 'a', 1, begun, 'small');
  const endOther = held(turns, 'b', 4, begun, 'other');
  await later();
  expect(begun).toEqual(['first', 'other']);
  endFirst();
  await later();
  expect(begun).toEqual(['first', 'other', 'large', 'small']);
  for (const end of [endLarge, endSmall, endOther]) end();
});

it('gives one alone what its tenant may have at most, however much it takes', async () => {
  const turns = new Turns(8, 4);
  const begun: string[] = [];
  const endLarge = held(turns, 'a', 1000, begun, 'large');
  held(turns, 'a', 1, begun, 'small')();
  await later();
  expect(begun).toEqual(['large']);
  endLarge();
  await later();
  expect(begun).toEqual(['large', 'small']);
});
