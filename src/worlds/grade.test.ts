/** What a grade is made of; in sandboxes that say what they are told to. */
import { beforeEach, expect, it } from 'vitest';
import type { CreateSandboxInput, ExecInput, HoldfastService } from '../schema/index.ts';
import { gradeWorld } from './grade.ts';
import { type World, worldSchema } from './manifest.ts';

const world: World = worldSchema.parse({
  format: 'holdfast-world/1',
  frozenAt: '2026-01-01T00:00:00.000Z',
  snapshot: { id: 'snp-1', digest: 'ab' },
  suite: [{ argv: ['make'] }],
});
let created: CreateSandboxInput[];
let executed: ExecInput[];
/** What the suite answers, and what a question that has that in it is answered, by the sandbox's number. */
let answered: object;
let said: [question: string, answer: (box: number) => string][];
/** What left the sandboxes, as far as it is told. */
let flows: object[];

beforeEach(() => {
  [created, executed, answered, said, flows] = [[], [], {}, [], []];
});

async function exec(id: string, input: ExecInput): Promise<object> {
  executed.push(input);
  const question = input.argv.join(' ');
  const found = said.find(([asked]) => question.includes(asked));
  const stdout = found?.[1](Number(id.slice(4))) ?? 'still';
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const none = { stderr: bytes(''), stdoutCutBytes: 0, stderrCutBytes: 0 };
  const suite = question === 'make' ? answered : {};
  return { reason: 'exited', exitCode: 0, signal: null, stdout: bytes(stdout), ...none, ...suite };
}

const service = (): HoldfastService =>
  ({
    getSnapshot: async () => ({ digest: 'ab' }),
    listTapes: async () => [],
    createSandbox: async (input: CreateSandboxInput) => ({ id: `sbx-${created.push(input)}` }),
    destroySandbox: async () => undefined,
    diff: async () => ({ entries: [] }),
    async *networkFlows() {
      yield* flows;
    },
    exec,
  }) as unknown as HoldfastService;

const found = async (what: string) => (await gradeWorld(service(), world)).findings.find((each) => each.what === what);

it('outputs hold when they are the same, and not while some of them was seen by nobody', async () => {
  expect(await found('outputs')).toMatchObject({ holds: true });
  const asked = executed.filter(({ argv }) => argv[0] === 'make');
  expect(asked.map(({ outputCapBytes }) => outputCapBytes)).toEqual([64 * 1024 * 1024, 64 * 1024 * 1024]);
  answered = { stdoutCutBytes: 3, stderrCutBytes: 4 };
  expect(await found('outputs')).toMatchObject({ holds: false, detail: expect.stringContaining('7 bytes') });
});

it('the network does not hold while anything is allowed that is not from the tape', async () => {
  const flow = { kind: 'request', host: 'a.example', port: 443, decision: { allowed: true }, tape: null };
  flows = [
    { ...flow, tape: { tape: 'tap-1', exchange: 1 } },
    { ...flow, kind: 'dns' },
  ];
  expect(await found('network')).toMatchObject({ holds: true, detail: 'there is none' });
  // What is refused each time holds, and is told.
  const refused = (host: string, code: string): object => ({ ...flow, host, decision: { allowed: false, code } });
  flows = [
    ...flows,
    refused('c.example', 'no-rule'),
    refused('b.example', 'no-rule'),
    refused('d.example', 'tape-miss'),
  ];
  const strangers = 'refused, as they are not in the world: b.example, c.example';
  expect(await found('network')).toMatchObject({ holds: true, detail: `there is none; ${strangers}` });
  flows = [...flows, flow];
  expect(await gradeWorld(service(), world)).toMatchObject({
    grade: 'D0',
    findings: [
      { what: 'network', holds: false, detail: `not from the tape: a.example:443, a.example:443; ${strangers}` },
      {},
      {},
      {},
    ],
  });
});

it('chance does not hold while any way to draw it moves', async () => {
  expect(await found('entropy')).toMatchObject({ holds: true });
  for (const way of ['/dev/urandom', '/proc/sys/kernel/random/uuid', 'openssl rand']) {
    said = [[way, (box) => `drawn by ${box}`]];
    expect(await found('entropy'), way).toMatchObject({ holds: false });
  }
});

it('both runs are held to the contract that is given', async () => {
  await gradeWorld(service(), world, world.suite, 1000, 'coding-agent');
  await gradeWorld(service(), world);
  expect(created.map(({ contract }) => contract)).toEqual(['coding-agent', 'coding-agent', undefined, undefined]);
});
