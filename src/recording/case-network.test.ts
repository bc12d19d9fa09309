/** A test with a network: what it takes along of a tape, and what becomes of it where that does not answer. In sandboxes that only remember. */
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { stepsRun } from '../../test/fixtures/recorded-steps.ts';
import type { CarriedTape } from '../network/index.ts';
import { networkPolicySchema } from '../schema/index.ts';
import { type CasePlay, networkOfCase, spareable, standIns } from './case-network.ts';
import { type MakingService, makeTest, type Wanted } from './make-test.ts';
import type { RecordedRun } from './run.ts';
import { parseTestCase, runTestCase, type TestCase } from './test-case.ts';

/** What each exchange of a tape is asked by. */
type Asked = Record<number, string>;
const source = 'tap-of-the-recording';

let tapes: Map<string, Asked>;
let created: { network?: { tape?: { tape: string; mode: string } } }[];
let lent: number;
/** How the predicate ends where something was not answered. */
let missCode: number;

beforeEach(() => {
  [tapes, created, lent, missCode] = [new Map(), [], 0, 1];
});

function exchange(number: number, target: string): CarriedTape['exchanges'][number] {
  const nothing = { bytes: 0, digest: createHash('sha256').digest('hex'), text: '' };
  const body = { bytes: 0, cut: null, content: nothing };
  return {
    number,
    startedMs: 0,
    address: null,
    request: {
      method: target.startsWith('/post') ? 'POST' : 'GET',
      scheme: 'http',
      host: 'a.example',
      port: 80,
      target,
      httpVersion: '1.1',
      headers: [],
      trailers: [],
      body,
      canonical: null,
    },
    interim: [],
    response: { status: 200, reason: '', headers: [], trailers: [], body, pieces: [] },
    frames: null,
    timing: { sentMs: null, headMs: null, endMs: 0 },
    error: null,
  };
}

const carriedOf = (asked: Asked): CarriedTape => ({
  rules: { headers: [], hosts: [] },
  presets: [],
  exchanges: Object.entries(asked).map(([number, target]) => exchange(Number(number), target)),
  frames: [],
  blobs: {},
});

/**
 * Each command is what it asks for; `/after` asks for something else where nobody was at `/login`. The predicate ends with 7 where
 * `/bad` or `/after` was answered, with `missCode` where anything was not, else with 0.
 */
function service(): MakingService {
  const plays = new Map<string, { asked: Asked; served: Set<number>; missed: string[] }>();
  const made = {
    createSandbox: async (input: (typeof created)[number]) => {
      created.push(input);
      const id = `sbx-${created.length}`;
      plays.set(id, { asked: tapes.get(input.network?.tape?.tape ?? '') ?? {}, served: new Set(), missed: [] });
      return { id };
    },
    destroySandbox: async () => undefined,
    callTool: async (ref: string, { input }: { input: { command: string } }) => {
      const play = plays.get(ref);
      for (const word of input.command.split(' ')) {
        const wasThere = [...(play?.served ?? [])].some((number) => play?.asked[number] === '/login');
        const target = word === '/after' && !wasThere ? '/login-page' : word;
        const all = Object.keys(play?.asked ?? {}).map(Number);
        const same = all.filter((number) => play?.asked[number] === target);
        const next = same.find((number) => !play?.served.has(number)) ?? same.at(-1);
        if (next === undefined) play?.missed.push(`no answer to ${target}`);
        else play?.served.add(next);
      }
      return { ok: true, output: {} };
    },
    exec: async (ref: string) => {
      const { asked = {}, served = new Set<number>(), missed = [] } = plays.get(ref) ?? {};
      const isBad = [...served].some((number) => ['/bad', '/after'].includes(asked[number] ?? ''));
      const none = { stdout: new Uint8Array(), stderr: new Uint8Array() };
      return { reason: 'exited', exitCode: missed.length > 0 ? missCode : isBad ? 7 : 0, signal: null, ...none };
    },
    exportFiles: async () => {
      throw new Error('it began with no files of its own');
    },
    hasSnapshot: () => false,
    templateDigest: () => 'ab',
    tapes: {
      carry: async (_tape: string, numbers: ReadonlySet<number>) =>
        carriedOf(Object.fromEntries([...numbers].map((number) => [number, tapes.get(source)?.[number] ?? '']))),
      lend: async ({ exchanges }: CarriedTape) => {
        lent++;
        const id = `tap-${created.length}-${lent}`;
        tapes.set(id, Object.fromEntries(exchanges.map(({ number, request }) => [number, request.target])));
        return id;
      },
      giveBack: async (id: string) => {
        lent--;
        tapes.delete(id);
      },
      played: async (ref: string): Promise<CasePlay> => {
        const { served = new Set<number>(), missed = [] } = plays.get(ref) ?? {};
        return { served: [...served], misses: missed.length, missed };
      },
    },
  };
  return made as unknown as ReturnType<typeof service>;
}

const policy = networkPolicySchema.parse({
  allow: [
    {
      host: 'a.example',
      protocol: 'https',
      addresses: ['10.0.0.0/8'],
      credentials: [{ secret: 'shop', position: { kind: 'basic' } }],
    },
  ],
  secrets: [{ secret: 'shop', environment: 'SHOP_KEY' }],
  source: { file: 'policy.yaml', allow: [3], deny: [] },
  tape: { mode: 'record' },
});

function run(commands: readonly string[], asked: Asked): RecordedRun {
  tapes.set(source, asked);
  const recorded = stepsRun(commands.map((command) => ({ input: { command } })));
  recorded.head = { ...recorded.head, sandbox: { ...recorded.head.sandbox, network: policy } };
  return { ...recorded, tape: source };
}

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  predicate: { command: 'make test', cwd: '/work', timeoutMs: 5000 },
  minimise: true,
  budget: 200,
  runs: 2,
  ...more,
});
const numbersOf = ({ network }: TestCase): number[] => network?.tape.exchanges.map(({ number }) => number) ?? [];

describe('a test of a run with a network', () => {
  it('takes along what its steps were answered, and plays nothing else', async () => {
    const asked = { 1: '/a', 2: '/b', 3: '/bad', 4: '/other-sandbox' };
    const test = await makeTest(run(['/a', '/b /bad', 'x'.replace('x', '/b')], asked), wanted(), service());
    expect(test.steps.map(({ step }) => step)).toEqual([2]);
    expect(test.expect).toBe('exited 7');
    expect(numbersOf(test)).toEqual([2, 3]);
    expect(test.notes.join()).toContain('minimised from 3 steps, 3 exchanges and 0 files');
    expect(test.notes).toContain('secrets are stand-ins: SHOP_KEY');
    expect(test.base.environment).toEqual({ SHOP_KEY: 'stand-in-for-shop' });
    expect(parseTestCase(JSON.stringify(test))).toEqual(test);
    expect(created.every(({ network }) => network?.tape?.mode === 'replay')).toBe(true);
    expect(lent).toBe(0);
  });

  it('leaves out what is asked for again and is answered the same without it', async () => {
    const asked = { 1: '/wait', 2: '/wait', 3: '/wait', 4: '/bad', 5: '/post', 6: '/post' };
    const steps = ['/wait /wait /wait /bad /post /post'];
    expect(numbersOf(await makeTest(run(steps, asked), wanted(), service()))).toEqual([3, 4, 5, 6]);
    expect(numbersOf(await makeTest(run(steps, asked), wanted({ minimise: false }), service()))).toHaveLength(6);
  });

  it('never takes a miss for the failure', async () => {
    missCode = 7;
    const asked = { 1: '/login', 2: '/noise', 3: '/after' };
    const test = await makeTest(run(['/login', '/noise', '/after'], asked), wanted(), service());
    expect(test.steps.map(({ step }) => step)).toEqual([1, 3]);
    const again = { 1: '/wait', 2: '/wait', 3: '/bad' };
    expect(numbersOf(await makeTest(run(['/wait /wait /bad'], again), wanted(), service()))).toEqual([2, 3]);
    const refused = makeTest(run(['/a', '/nowhere'], { 1: '/a' }), wanted(), service());
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-argument',
      fault: 'caller',
      message: expect.stringContaining('no answer to /nowhere'),
      details: { misses: 1 },
    });
    expect(lent).toBe(0);
  });

  it('has none where nothing that matters asks for anything', async () => {
    const test = await makeTest(run(['/a'], { 1: '/a' }), wanted(), service());
    expect(test).toMatchObject({ steps: [], expect: 'exited 0' });
    expect(test.network).toBeUndefined();
  });

  it('has none where it was on no tape, and says so', async () => {
    const recorded = { ...run(['/bad'], {}), tape: null };
    const test = await makeTest(recorded, wanted({ minimise: false }), service());
    expect(test.network).toBeUndefined();
    expect(test.notes.join()).toContain('a network that is on no tape');
    expect(test.base.environment).toEqual({});
  });
});

describe('when it is run', () => {
  it('what its exchanges do not answer fails it, whatever the predicate says', async () => {
    const test = await makeTest(run(['/bad /b'], { 1: '/bad', 2: '/b' }), wanted(), service());
    const report = (more: Partial<TestCase>) => runTestCase(service(), { ...test, ...more }, () => 0);
    expect(await report({})).toMatchObject({ ok: true, actual: 'exited 7', missed: [], blame: null });
    if (!test.network) throw new Error('it has a network');
    const dropped = { ...test.network, tape: carriedOf({ 1: '/bad' }) };
    const failed = { ok: false, actual: 'net-miss', passed: 0, missed: ['no answer to /b'], blame: 'world' };
    expect(await report({ network: dropped })).toMatchObject(failed);
    // Also where that is how it was to end.
    expect(await report({ network: dropped, expect: 'exited 1' })).toMatchObject(failed);
    expect(lent).toBe(0);
  });

  it('gives back what it was lent when its sandbox cannot be made', async () => {
    const test = await makeTest(run(['/bad'], { 1: '/bad' }), wanted(), service());
    const broken = { ...service(), createSandbox: () => Promise.reject(new Error('no room')) };
    await expect(runTestCase(broken, test, () => 0)).rejects.toThrow('no room');
    expect(lent).toBe(0);
  });
});

describe('the network of a test', () => {
  it('has nothing in it of the home that it was made in', () => {
    const { network, tape } = networkOfCase(policy, source) ?? {};
    expect(tape).toBe(source);
    expect(network?.policy).toEqual({
      version: 1,
      presets: [],
      deny: [],
      allow: [{ host: 'a.example', protocol: 'https', mediate: false }],
    });
    expect(standIns(policy)).toEqual({ SHOP_KEY: 'stand-in-for-shop' });
    expect(networkOfCase(policy, null)).toBeNull();
    expect(networkOfCase('none', source)).toBeNull();
  });

  it('is of the tape that was played then, by its rules and at its time', () => {
    const at = '2026-01-01T00:00:00Z';
    const rules = { headers: [], hosts: [{ host: 'a.example', sequence: true }] };
    const played = { ...policy, tape: { mode: 'replay' as const, tape: 'tap-played', at, rules } };
    expect(networkOfCase(played, source)).toMatchObject({ tape: 'tap-played', network: { play: { at, rules } } });
  });

  it('takes from nobody a policy that dials, or places secrets', async () => {
    const test = await makeTest(run(['/bad'], { 1: '/bad' }), wanted(), service());
    for (const [more, named] of [
      [{ secrets: [{ secret: 'shop', environment: 'KEY' }] }, 'secrets'],
      [{ tape: { mode: 'record' } }, 'tape'],
      [{ allow: [{ host: 'a.example', credentials: [] }] }, 'credentials'],
      [{ allow: [{ host: 'a.example', addresses: ['127.0.0.1/32'] }] }, 'addresses'],
    ] as const) {
      const network = { ...test.network, policy: { ...test.network?.policy, ...more } };
      expect(() => parseTestCase(JSON.stringify({ ...test, network }))).toThrow(new RegExp(named));
    }
  });

  it('can spare what may be asked for again, and nothing else', () => {
    const asked = { 1: '/a?x=1', 2: '/a?x=2', 3: '/b', 4: '/post', 5: '/post' };
    expect(spareable(carriedOf(asked))).toEqual([1, 2]);
  });
});
