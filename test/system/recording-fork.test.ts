/** Forks of recordings at a step, with something else than it was recorded with from there on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  AgentBundleInput,
  FaultPlanInput,
  ForkRecording,
  HoldfastService,
  SessionEntry,
  ToolResult,
} from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
const { shell, recorded, thought, finished } = runs;
let service: HoldfastService;
let id: string;
beforeAll(async () => {
  service = await runs.open();
  id = await recorded(['echo one > a', 'seq 1 400 > b; cat b', 'echo two >> a'], { environment: { SIDE: 'recorded' } });
});
afterAll(() => runs.close());

const training = readFileSync(join(import.meta.dirname, '../../contracts/coding-agent-1.0.0.yaml'), 'utf8');
/** As training has it, but that output is cut sooner, and that a busy runtime says so in other words. */
const production = training
  .replace(/^contract: .*$/m, 'contract: production/2.0.0')
  .replace(/^ {2}- \{ code: busy,.*$/m, (line) => line.replace(/template: "[^"]*"/, 'template: "503: {message}"'))
  .replace(/^output: .*$/m, 'output: { capBytes: 300, strategy: head, marker: "[{bytes} bytes more]" }');

async function forked<T>(request: ForkRecording, work: (sandbox: string) => Promise<T>): Promise<T> {
  const { sandbox } = await service.forkRecording(id, request);
  try {
    return await work(sandbox.id);
  } finally {
    await service.destroySandbox(sandbox.id);
  }
}
const stdoutOf = (result: ToolResult): string =>
  result.ok ? String((result.output as { stdout: string }).stdout) : result.error.message;

describe('a fork on the way to which', () => {
  /** Beside each other: no snapshot is taken before the first of them has ended. */
  async function beside(...writes: [path: string, sizeBytes: number][]): Promise<string> {
    const box = await service.createSandbox({ record: true });
    const slow = service.exec(box.id, { argv: ['sh', '-c', 'mkdir made; until test -e go; do sleep 0.02; done'] });
    await runs.until(box.id, (event) => event.type === 'step-begun');
    await expect.poll(async () => (await service.listFiles(box.id, '/workspace')).length).toBe(1);
    for (const [path, sizeBytes] of [...writes, ['go', 1] as const])
      await service.writeFile(box.id, `/workspace/${path}`, new Uint8Array(sizeBytes));
    await slow;
    return finished(box);
  }

  it('a file was too large to be kept stands before it, and says why', { timeout: 60_000 }, async () => {
    const recording = await beside(['a', 1], ['large', 64 * 1024 * 1024 + 1], ['b', 1]);
    const { sandbox, ...fork } = await service.forkRecording(recording, {
      step: 4,
      with: { toolResults: { '1': {} } },
    });
    expect(fork).toMatchObject({ step: 4, reached: 2, fastForwarded: [2], parent: { step: 2 } });
    expect(fork.notes.join()).toContain('snapped back to 2: step 3 (write-file)');
    expect(fork.notes.join()).toContain('its input was not kept whole');
    expect((await service.listFiles(sandbox.id, '/workspace')).map(({ path }) => path)).toEqual(['/workspace/a']);
    expect(sandbox.metadata['step']).toBe('2');
    await service.destroySandbox(sandbox.id);
  });

  it('a step is not what it was stands before that one, with nothing of it', { timeout: 60_000 }, async () => {
    const recording = await beside(['a', 1], ['made/b', 1], ['c', 1]);
    // Its directory was made by the step that is not done.
    const { sandbox, ...fork } = await service.forkRecording(recording, {
      step: 4,
      with: { toolResults: { '1': {} } },
    });
    expect(fork).toMatchObject({ step: 4, reached: 2, fastForwarded: [2], parent: { step: 2 } });
    expect(fork.notes.join()).toMatch(
      /snapped back to 2: step 3 \(write-file\) ended with file-not-found.*with ok before/,
    );
    expect((await service.listFiles(sandbox.id, '/workspace')).map(({ path }) => path)).toEqual(['/workspace/a']);
    await service.destroySandbox(sandbox.id);
  });
});

describe('the same step', () => {
  it('under the training contract and under the production contract, side by side', async () => {
    const plan: FaultPlanInput = {
      format: 'holdfast-faults/1',
      seed: 1,
      faults: [{ id: 'busy', kind: 'tool.unavailable', rate: 1, from: 2, until: 2 }],
    };
    const sides = await Promise.all(
      [training, production].map((contract) =>
        forked({ step: 1, with: { contract, faults: { plan } } }, async (sandbox) => {
          const did = stdoutOf(await shell(sandbox, 'seq 1 400 > b; cat b'));
          const busy = stdoutOf(await shell(sandbox, 'cat a'));
          return { held: (await service.getSandbox(sandbox)).contract, did, busy };
        }),
      ),
    );
    const [asTrained, asProduced] = sides;
    expect(sides.map(({ held }) => held?.name ?? held)).toEqual(['coding-agent/1.0.0', 'production/2.0.0']);
    expect(asTrained?.did).toMatch(/^1\n2\n[\s\S]*\n400\n?$/);
    expect(asProduced?.did).toMatch(/^1\n2\n[\s\S]*\[\d+ bytes more\]$/);
    expect(asProduced?.did.length).toBeLessThan(400);
    expect([asTrained?.busy, asProduced?.busy]).toEqual([
      'the sandbox cannot take the call now',
      '503: shell is not available now',
    ]);
  });
});

describe('a fork', () => {
  it('has the files of its step, and is told what was changed', async () => {
    const { sandbox, edits, notes } = await service.forkRecording(id, {
      step: 2,
      metadata: { side: 'b' },
      with: { environment: { SIDE: 'fork' }, network: 'none' },
    });
    expect(edits).toEqual(['variable SIDE', 'network none']);
    expect(notes).toEqual([]);
    expect(sandbox.metadata).toEqual({ side: 'b', recording: id, step: '2' });
    expect(stdoutOf(await shell(sandbox.id, 'echo $SIDE; cat a; wc -l < b'))).toBe('fork\none\n400\n');
    await service.destroySandbox(sandbox.id);
  });

  it('meets faults from its step on, not on the way there, and is recorded with them', async () => {
    const plan: FaultPlanInput = {
      format: 'holdfast-faults/1',
      name: 'storm',
      seed: 1,
      faults: [{ id: 'lost', kind: 'tool.lost-acknowledgement', rate: 1, until: 1 }],
    };
    const { sandbox, edits, fastForwarded } = await service.forkRecording(id, {
      step: 3,
      execute: true,
      record: true,
      // Before the second step, so that the third is done again.
      with: { faults: { plan }, toolResults: { '2': { stdout: '' } } },
    });
    expect(edits).toEqual(['faults storm', 'result of step 2']);
    expect(fastForwarded).toEqual([3]);
    expect((await service.faultReport(sandbox.id)).labels).toEqual([]);
    expect(stdoutOf(await shell(sandbox.id, 'test ! -e b && echo three >> a'))).toMatch(/did not answer in time/);
    expect(stdoutOf(await shell(sandbox.id, 'cat a'))).toBe('one\ntwo\nthree\n');
    await thought(sandbox.id, 1);
    const child = await finished(sandbox);
    const { items } = await service.recordingEvents(child, { limit: 1000 });
    expect(items.some((event) => event.type === 'fault' && event.fault === 'tool.lost-acknowledgement')).toBe(true);
    expect(await service.getRecording(child)).toMatchObject({ parent: { recording: id, step: 3 } });
  });

  it('is not said to have a result that comes after what it reached', async () => {
    const { sandbox, reached, edits } = await service.forkRecording(id, {
      step: 3,
      with: { toolResults: { '1': { stdout: '' }, '3': { stdout: '' } } },
    });
    expect(reached).toBe(1);
    expect(edits).toEqual(['result of step 1']);
    await service.destroySandbox(sandbox.id);
  });

  it.each<[string, ForkRecording, RegExp]>([
    ['a result that comes after it', { step: 1, with: { toolResults: { '2': {} } } }, /not on the way/],
    ['a contract that is none', { step: 1, with: { contract: 'x' } }, /contract/],
    ['words that it says itself', { step: 1, metadata: { step: '9' } }, /by the fork itself/],
    ['a model', { step: 1, with: { model: 'm' } } as ForkRecording, /model/],
  ])('is refused for %s', async (_what, request, said) => {
    await expect(service.forkRecording(id, request)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(said),
    });
  });

  it('is none, and leaves none, where its faults cannot happen', async () => {
    const before = (await service.listSandboxes()).items.length;
    const faults = {
      plan: { format: 'holdfast-faults/1' as const, seed: 1, faults: [{ id: 'x', kind: 'network.reset' as const }] },
    };
    await expect(service.forkRecording(id, { step: 1, with: { faults } })).rejects.toMatchObject({
      code: 'capability-missing',
      details: { fault: 'x' },
    });
    expect((await service.listSandboxes()).items).toHaveLength(before);
  });
});

describe('a session', () => {
  it('goes on at a step with another model, the same log until there, and the files of that step', async () => {
    const call = (command: string): object => ({ tool: 'shell', input: { command } });
    const agent = (rules: Parameters<typeof agentData>[1]): AgentBundleInput => ({
      entry: 'coder',
      agents: [agentData('coder', rules, { grants: ['sandbox:shell'], tools: ['shell'] })],
    });
    const model = agent([
      { answered: 0, call: [call('echo one > a')] },
      { answered: 1, call: [call('echo two > a')] },
      { say: 'A' },
    ]);
    const other = agent([{ answered: 1, call: [call('cat a')] }, { say: 'B' }]);
    const box = await service.createSandbox({ record: true });
    const source = await service.startSession({ bundle: model, message: 'go', task: true, sandbox: box.id });
    await waited(source.id);
    await thought(box.id, 2);
    const recording = await finished(box);
    // A scripted model thinks for no time, in which no snapshot can be taken: what is missing is done again.
    const { sandbox, reached } = await service.forkRecording(recording, { step: 1, execute: true });
    expect(reached).toBe(1);
    // After the entry of its first step's result.
    const forked = await service.forkSession(source.id, {
      at: 5,
      sandbox: sandbox.id,
      with: { bundle: other },
    });
    await waited(forked.id);
    const [was, is] = [await entriesOf(source.id), await entriesOf(forked.id)];
    const shown = (entries: SessionEntry[]): unknown[] => entries.slice(1, 5).map(({ kind, data }) => [kind, data]);
    expect(shown(is)).toEqual(shown(was));
    expect(is[0]?.data['message']).toBe('go');
    expect(is.flatMap(({ data }) => (data['output'] as { stdout?: string } | undefined)?.stdout ?? [])).toEqual([
      '',
      'one\n',
    ]);
    const saidBy = async (id: string): Promise<unknown> => (await service.getSession(id)).outcome;
    expect(await saidBy(source.id)).toMatchObject({ output: { text: '[scripted] A' } });
    expect(await saidBy(forked.id)).toMatchObject({ output: { text: '[scripted] B' } });
    await service.destroySandbox(sandbox.id);
  });
});

const waited = (id: string): Promise<void> =>
  expect.poll(async () => (await service.getSession(id)).state, { timeout: 30_000 }).toBe('done');

async function entriesOf(id: string): Promise<SessionEntry[]> {
  const entries: SessionEntry[] = [];
  for await (const entry of service.sessionEntries(id, { follow: false })) entries.push(entry);
  return entries;
}
