/** What a target says of itself, and what tells it from another one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program } from '../../../test/fixtures/real-runtimes.ts';
import { recordingService } from '../../../test/fixtures/recording-service.ts';
import { systemClock, systemRandom } from '../../base/index.ts';
import type { CreateSandboxInput } from '../../schema/index.ts';
import type { Target } from './target.ts';
import { targetOf } from './target-of.ts';

const noSsh = program('ssh') === null ? ' (skipped: no ssh)' : '';
const target = (spec: string, create: CreateSandboxInput = {}): Promise<Target> =>
  targetOf(spec, {
    clock: systemClock,
    random: systemRandom,
    service: async () => recordingService(),
    create,
    directory: '/tmp',
    workingDirectory: '/tmp',
  });
const described = async (spec: string): Promise<string> =>
  (await (await target(spec)).describe(new AbortController().signal)).spec;

describe('a target', () => {
  it.skipIf(noSsh !== '').each(['ssh:somebody@host.example:2222', 'ssh:host.example'])(
    `says %s as it was given${noSsh}`,
    async (spec) => {
      expect(await described(spec)).toBe(spec);
    },
  );

  it.each([
    ['quotes', 'exec:sh -c \'exec sh -c "$1"\' x {}'],
    ['600 characters and more', `exec:env LONG=${'x'.repeat(600)} sh`],
  ])('says a command with %s as it was given', async (_, spec) => {
    expect(await described(spec)).toBe(spec);
  });

  it('of our own is told from another by all that a sandbox is made of', async () => {
    const long = 'x'.repeat(700);
    const creates: CreateSandboxInput[] = [
      { environment: { A: '1' } },
      { environment: { A: '2' } },
      { network: { allow: [{ host: `${long}.example` }] } },
      { network: { allow: [{ host: `${long}.example.org` }] } },
    ];
    const own = await Promise.all(creates.map(async (create) => (await target('holdfast', create)).identity));
    expect(own).toEqual(creates);
  });

  it('by a command is told from another by its words, however long', async () => {
    const of = async (command: string): Promise<unknown> => (await target(`exec:${command}`)).identity;
    expect(await of('sh -c "a b"')).not.toEqual(await of('sh -c a b'));
    const long = 'x'.repeat(5000);
    expect(await of(`sh ${long}1`)).not.toEqual(await of(`sh ${long}2`));
    expect((await described(`exec:sh ${long}`)).length).toBe(4096);
  });

  it('is as long as its guide says', () => {
    const lengths = readdirSync(import.meta.dirname)
      .filter((name) => !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
      .filter((text) => text.includes('implements Target'))
      .map((text) => text.split('\n').length - 1);
    expect(lengths.length).toBe(7);
    expect([Math.min(...lengths) >= 90, Math.max(...lengths) <= 170]).toEqual([true, true]);
  });
});
