/** A world is entered with the parts that it was made of, and with no others. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { record, temporaryHome } from '../../test/fixtures/tapes.ts';
import { chainStart, checkLine, encodeLine, systemClock } from '../base/index.ts';
import { openTapeStore, type TapeStore } from '../network/tape/store.ts';
import type { HoldfastService, Sandbox } from '../schema/index.ts';
import { checkTape } from './enter.ts';
import { type Freezing, freezeWorld } from './freeze.ts';
import type { World } from './manifest.ts';

const environment = { API_TOKEN: 'very-secret-value', MODE: 'fast' };
let home: string;
let store: TapeStore;
let tape: string;
beforeEach(async () => {
  home = await temporaryHome();
  store = await openTapeStore({ home });
  const recorder = await store.create({ tenant: 'a' });
  record(recorder, { target: '/' }, { body: ['as it was'] });
  await recorder.close();
  tape = recorder.tape;
});
afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true });
});

async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield new TextEncoder().encode(line);
}

const service = (): HoldfastService =>
  ({
    getSandbox: async () =>
      ({ id: 'sbx-1', isolation: 'none', user: 'agent', limits: {}, environment }) as Partial<Sandbox>,
    listTapes: () => store.list('a'),
    exportTape: async () => encoded(store.har('a', tape, '0')),
    createSnapshot: async () => ({ id: 'snp-1' }),
    verifySnapshot: async () => ({ id: 'snp-1', digest: 'ab' }),
    environmentTokens: async () => ({ API_TOKEN: 'hfr_token' }),
  }) as unknown as HoldfastService;

const freeze = (more: Partial<Freezing> = {}): Promise<World> =>
  freezeWorld(service(), { sandbox: 'box', tape, clockAt: null, seed: null, ...more }, systemClock);

/** The same exchanges, and one answers otherwise: the chain and its root are made anew, as whoever edits it can. */
async function rebuild(): Promise<void> {
  const [lines, manifest] = ['exchanges.jsonl', 'tape.json'].map((name) => join(home, 'tapes', tape, name)) as [
    string,
    string,
  ];
  let [before, after] = [chainStart, chainStart];
  let text = '';
  for (const line of (await readFile(lines, 'utf8')).trimEnd().split('\n')) {
    const checked = checkLine(Buffer.from(line), before);
    if ('problem' in checked) throw new Error(checked.problem);
    before = checked.link;
    const next = encodeLine(
      checked.type,
      JSON.parse(checked.body.toString().replaceAll('as it was', 'otherwise')),
      after,
    );
    after = next.link;
    text += next.text;
  }
  await writeFile(lines, text);
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace(before.hash, after.hash));
}

describe('a tape', () => {
  it('that holds something else than then is not entered', async () => {
    const world = await freeze();
    expect(world.tape).toMatchObject({ id: tape, exchanges: 1, root: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await checkTape(service(), world);
    await rebuild();
    expect(await store.list('a')).toMatchObject([{ exchanges: 1, open: false }]);
    await expect(checkTape(service(), world)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('of a world of before is known by its id and its exchanges', async () => {
    const { tape: now, ...world } = await freeze();
    await rebuild();
    await checkTape(service(), { ...world, tape: { id: now?.id ?? '', exchanges: 1 } });
  });
});

describe('a secret in a variable', () => {
  it('is a token in the world, and that is said', async () => {
    const told: string[] = [];
    const { environment: frozen } = await freeze({ onToken: (name) => void told.push(name) });
    expect(frozen).toEqual({ API_TOKEN: 'hfr_token', MODE: 'fast' });
    expect(told).toEqual(['API_TOKEN']);
  });

  it('is written as it is for whoever asks for it by its name', async () => {
    expect((await freeze({ keepEnvironment: ['API_TOKEN'] })).environment).toEqual(environment);
    await expect(freeze({ keepEnvironment: ['API_TOKE'] })).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
