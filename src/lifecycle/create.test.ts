/** What a new sandbox starts from stays, from before it is read until the sandbox has been made of it. */
import { expect, it } from 'vitest';
import { rootScope } from '../base/index.ts';
import type { Substrate } from '../compute/index.ts';
import { fromStart } from './create.ts';
import type { Parts } from './parts.ts';

const scope = rootScope({ name: 'test' });

it.each([
  ['a snapshot', 'snp-1', ['hold', 'verify', 'make', 'release']],
  ['a template', 'plain', ['use', 'hold', 'make', 'release']],
])('of %s', async (_, template, expected) => {
  const done: string[] = [];
  // What a start needs of them.
  const parts = {
    substrates: { choose: async () => ({ name: 'fake' }) as Substrate },
    store: {
      snapshots: {
        findSnapshot: (_tenant: string, id: string) =>
          id === 'snp-1' ? { id, template: 'plain', layers: ['lay-1'] } : null,
      },
    },
    files: {
      useTemplate: async () => {
        done.push('use');
        return { name: 'plain', layers: ['lay-1'], warm: [] };
      },
      verify: async () => void done.push('verify'),
      holding: async (layers: string[], work: () => Promise<unknown>) => {
        expect(layers).toEqual(['lay-1']);
        done.push('hold');
        const made = await work();
        done.push('release');
        return made;
      },
    },
  } as unknown as Parts;
  const request = { template, isolation: 'none', contract: null } as const;
  const made = await fromStart(parts, 'a', request, async ({ layers }) => done.push('make') && layers, scope);
  expect(made).toEqual(['lay-1']);
  expect(done).toEqual(expected);
});
