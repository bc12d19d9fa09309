/** Recordings of real sandboxes: done again, forked at a step, made into tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import type { FaultPlanInput, HoldfastService, ReplayReport, Sandbox } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
const { shell, thought, until, eventsOf, recorded, finished } = runs;
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
});
afterAll(() => runs.close());

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
async function* once(data: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield data;
}

describe('a run', () => {
  let id: string;
  let box: Sandbox;
  beforeAll(async () => {
    box = await service.createSandbox({ record: { name: 'whole' }, environment: { GREETING: 'hello' } });
    await service.callTool(box.id, {
      tool: 'files',
      input: { action: 'write', path: '/workspace/a.sh', content: 'echo $GREETING; date; exit $1\n' },
    });
    await thought(box.id, 1);
    await shell(box.id, 'sh a.sh 3; echo x > b; ps; exit 3');
    await thought(box.id, 2);
    await service.writeFile(box.id, '/workspace/deep/c', once(new Uint8Array(50_000).fill(7)), {
      parents: true,
      mode: 0o600,
    });
    await thought(box.id, 3);
    const { processId } = await service.startProcess(box.id, {
      argv: ['sh', '-c', 'read line; echo "got $line"; cat; exit 4'],
      stdin: true,
    });
    const attached = await service.attachProcess(box.id, processId);
    await attached.write(bytes('typed\n'));
    await attached.endInput();
    await attached.exit;
    await attached.detach();
    await until(box.id, ({ type }) => type === 'process-ended');
    const session = await service.callTool(box.id, { tool: 'shell_session', input: { action: 'open' } });
    const { session: name } = (session.ok ? session.output : {}) as { session: string };
    await service.callTool(box.id, {
      tool: 'shell_session',
      input: { action: 'run', session: name, command: 'cd deep; V=1' },
    });
    await service.callTool(box.id, {
      tool: 'shell_session',
      input: { action: 'run', session: name, command: 'pwd; echo $V' },
    });
    await service.exec(box.id, { argv: ['cat', '-'], stdin: bytes('from stdin') });
    await service.moveFile(box.id, '/workspace/b', '/workspace/d');
    await service.callTool(box.id, { tool: 'files', input: { action: 'read', path: '/workspace/none' } });
    id = await finished(box);
  });

  it('is kept whole: steps, outputs, changes, causes', async () => {
    const info = await service.getRecording('whole');
    expect(info).toMatchObject({
      id,
      steps: 10,
      state: 'closed',
      failures: { agent: 3, injected: 0, infrastructure: 0, unknown: 0 },
    });
    expect(await service.verifyRecording(id)).toMatchObject({
      ok: true,
      steps: 10,
      tornBytes: 0,
      unnamedBlobs: 0,
      snapshots: { missing: [] },
    });
    const events = (await service.recordingEvents(id, { limit: 1000 })).items;
    const changes = events.flatMap((event) =>
      event.type === 'files-changed' ? event.changes.map(({ path, kind }) => `${kind} ${path}`) : [],
    );
    expect(changes).toEqual(
      expect.arrayContaining([
        'added /workspace/a.sh',
        'added /workspace/b',
        'added /workspace/deep/c',
        'deleted /workspace/b',
        'added /workspace/d',
      ]),
    );
    const output = events.find((event) => event.type === 'process-output' && event.content.text === 'got typed\n');
    expect(output).toBeDefined();
    const ended = events
      .filter((event) => event.type === 'step-ended')
      .map(({ cause, causeRule }) => (cause ? `${cause} ${causeRule}` : null));
    expect(ended[1]).toBe('agent exit-status');
    expect(ended[9]).toBe('agent bad-call');
  });

  it.each(['L1', 'L2', 'L3'] as const)('is reproduced at %s, every step matched', async (level) => {
    const report = await service.replayRecording(id, { level });
    expect(report.divergence).toBeNull();
    expect(report).toMatchObject({ level, reproduced: true, from: 1, until: 10 });
    expect(report.steps.map(({ step, matched }) => [step, matched])).toEqual(
      Array.from({ length: 10 }, (_, at) => [at + 1, true]),
    );
  });

  it('is replayed in parts: from a snapshot on, up to a step', async () => {
    const report = await service.replayRecording(id, { from: 3, until: 4 });
    expect(report).toMatchObject({ reproduced: true, from: 3, until: 4 });
    expect(report.steps.map(({ step }) => step)).toEqual([3, 4]);
    await expect(service.replayRecording(id, { from: 5, until: 4 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(service.replayRecording(id, { until: 99 })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('that was brought in from elsewhere is looked at and serves, and nothing of it is executed', async () => {
    const bundle = await whole(await service.exportRecording(id, 'bundle'));
    const brought = await service.importRecording(once(bundle), { name: 'brought' });
    expect(brought).toMatchObject({ state: 'imported', steps: 10 });
    expect(await service.verifyRecording('brought')).toMatchObject({ ok: true });
    expect(await service.replayRecording('brought', { level: 'L1' })).toMatchObject({ reproduced: true });
    const refused = [
      () => service.replayRecording('brought', { level: 'L2' }),
      () => service.replayRecording('brought', { level: 'L3' }),
      () => service.forkRecording('brought', { step: 1 }),
      () => service.bisectRecording('brought', { predicate: { command: 'true' } }),
      () => service.exportTest('brought', { predicate: { command: 'true' } }),
    ];
    for (const attempt of refused) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'invalid-argument',
        message: expect.stringContaining('brought in'),
      });
    }
    await service.deleteRecording('brought');
  });

  it('leaves nothing behind when it is replayed', async () => {
    await service.replayRecording(id);
    expect((await service.listSandboxes()).items.filter(({ metadata }) => 'replay' in metadata)).toEqual([]);
    const left = (await service.listSnapshots({ limit: 1000 })).items.filter(({ name }) =>
      name?.startsWith('holdfast-run'),
    );
    expect(left).toEqual([]);
    for (const name of ['holdfast-run test', 'holdfast-run replay of x']) {
      const box = await service.createSandbox({});
      await expect(service.createSnapshot(box.id, { name })).rejects.toMatchObject({ code: 'invalid-argument' });
      await expect(service.importFiles(once(new Uint8Array(1024)), { name })).rejects.toMatchObject({
        code: 'invalid-argument',
      });
      await service.destroySandbox(box.id);
    }
  });

  it('answers an agent’s calls, and none that were not made', async () => {
    const first = { action: 'write', path: '/workspace/a.sh', content: 'echo $GREETING; date; exit $1\n' };
    const call = (session: string, tool: string, input: unknown) => service.serveRecorded(id, { session, tool, input });
    expect(await call('one', 'files', first)).toMatchObject({ served: true, step: 1 });
    expect(await call('one', 'shell', { command: 'sh a.sh 3; echo x > b; ps; exit 3' })).toMatchObject({
      served: true,
      step: 2,
    });
    expect(await call('two', 'shell', { command: 'other' })).toMatchObject({
      served: false,
      divergence: { class: 'call', blame: 'model' },
    });
    expect(await call('two', 'files', first)).toMatchObject({ served: false });
  });

  it('is forked at a step: files as they were then', async () => {
    const before = await service.forkRecording(id, { step: 1 });
    expect(before).toMatchObject({ reached: 1, snapshotStep: 1, notes: [], parent: { recording: id, step: 1 } });
    const list = async (ref: string) =>
      (await service.listFiles(ref, '/workspace')).map(({ path }) => path.split('/').at(-1)).sort();
    expect(await list(before.sandbox.id)).toEqual(['a.sh']);
    const after = await service.forkRecording(id, { step: 9, execute: true, record: true });
    expect(after.reached).toBe(9);
    expect(await list(after.sandbox.id)).toEqual(['a.sh', 'd', 'deep']);
    expect((await service.getSandbox(after.sandbox.id)).environment).toEqual({ GREETING: 'hello' });
    const [child] = (await service.listRecordings({ sandbox: after.sandbox.id })).items;
    expect(child).toMatchObject({ state: 'open', parent: { recording: id, step: 9 } });
    for (const { sandbox } of [before, after]) await service.destroySandbox(sandbox.id);
  });

  it('with one answer edited goes another way from there on', async () => {
    const output = { action: 'write', path: '/workspace/a.sh', sizeBytes: 0 };
    const report = await service.replayRecording(id, { with: { toolResults: { 1: output } }, until: 2 });
    expect(report.steps[0]).toMatchObject({ how: 'edited' });
    expect(report).toMatchObject({
      reproduced: false,
      edits: ['result of step 1'],
      divergence: { step: 2, blame: 'tool' },
    });
  });

  it('under another contract shows the same step as that has it', async () => {
    const shipped = readFileSync(join(import.meta.dirname, '../../contracts/coding-agent-1.0.0.yaml'), 'utf8');
    const narrow = shipped
      .replace(/^output:[\s\S]*?(?=^\S)/m, '')
      .concat('\noutput: { capBytes: 300, strategy: head, marker: "[cut]" }\n');
    const plain = await service.replayRecording(id, { until: 1, with: { contract: shipped } });
    expect(plain).toMatchObject({ reproduced: true, edits: ['contract'] });
    await expect(service.replayRecording(id, { with: { contract: narrow.replace('300', 'x') } })).rejects.toMatchObject(
      { code: 'invalid-argument' },
    );
  });
});

describe('what differs', () => {
  const first = ({ divergence }: ReplayReport) => divergence;

  it('by chance is the world’s, with the normaliser that would have absorbed it', async () => {
    const id = await recorded(['echo fixed > a', 'echo $((RANDOM * 32768 + RANDOM)) drawn > n; cat n']);
    const report = await service.replayRecording(id);
    expect(first(report)).toMatchObject({ step: 2, class: 'stdout', blame: 'world', absorbedBy: 'numbers' });
    expect(report.reproduced).toBe(false);
    const normalisers = [...report.normalisers, 'numbers' as const];
    expect(await service.replayRecording(id, { normalisers })).toMatchObject({ reproduced: true });
  });

  it('in files only is found too', async () => {
    const id = await recorded(['echo $((RANDOM * 32768 + RANDOM)) > n; chmod 600 n']);
    expect(first(await service.replayRecording(id))).toMatchObject({ step: 1, class: 'files', absorbedBy: 'numbers' });
    expect(await service.replayRecording(id, { files: false })).toMatchObject({ reproduced: true });
  });
});

describe('a fork without a snapshot of its step', () => {
  it('says that it snapped back, or does again what it is told to', async () => {
    const box = await service.createSandbox({ record: true });
    // Beside each other: no snapshot is taken before the last of them has ended.
    await Promise.all(['echo 1 > a', 'echo 2 > b', 'echo 3 > c'].map((command) => shell(box.id, command)));
    await thought(box.id, 3);
    const id = await finished(box);
    const steps = (await service.recordingEvents(id, { limit: 1000 })).items
      .filter((event) => event.type === 'snapshot-taken')
      .map(({ step }) => step);
    expect(steps).toEqual([3]);
    const missing = 2;
    const back = await service.forkRecording(id, { step: missing });
    expect(back.reached).toBeLessThan(missing);
    expect(back.notes.join()).toMatch(new RegExp(`snapped back to ${back.reached}`));
    const there = await service.forkRecording(id, { step: missing, execute: true });
    expect(there).toMatchObject({ reached: missing, notes: [] });
    for (const { sandbox } of [back, there]) await service.destroySandbox(sandbox.id);
  });
});

describe('a failure', () => {
  const work = [
    'mkdir src; echo "exit 0" > src/test',
    'echo one > notes',
    'echo "exit 7" > src/test',
    'echo two >> notes; ls',
  ];
  const predicate = { command: 'sh src/test' };
  let id: string;
  beforeAll(async () => {
    id = await recorded(work);
  });

  it('is traced to the step after which it is there', async () => {
    expect(await service.bisectRecording(id, { predicate })).toMatchObject({
      step: 3,
      name: 'shell',
      before: 'exited 0',
      after: 'exited 7',
    });
  });

  it('becomes a test of the steps that matter, which runs in another home', async () => {
    const document = await whole(await service.exportTest(id, { predicate }));
    const made = JSON.parse(document.toString()) as { steps: { step: number }[]; expect: string; notes: string[] };
    expect(made).toMatchObject({ expect: 'exited 7' });
    expect(made.steps.map(({ step }) => step)).toEqual([1, 3]);
    expect(made.notes.join('\n')).toContain('in 3 of 3 runs');
    await using other = await createRuntime({ ephemeral: true });
    expect(await other.service().runTest(once(document))).toMatchObject({ ok: true, passed: 3, actual: 'exited 7' });
    const mended = Buffer.from(document.toString().replace('exit 7', 'exit 0'));
    expect(await other.service().runTest(once(mended))).toMatchObject({ ok: false, actual: 'exited 0', passed: 0 });
  });

  it('that is not there when it is done again makes no test', async () => {
    const wrong = service.exportTest(id, { predicate, expect: 'exited 1' });
    await expect(wrong).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('exited 7'),
    });
  });

  it('that a file which was there is gone becomes a test that has it, and the step that took it away', {
    timeout: 60_000,
  }, async () => {
    const box = await service.createSandbox({});
    await shell(box.id, 'echo a > a; mkdir d; echo b > d/b');
    await service.startRecording(box.id);
    for (const [at, command] of ['echo c > c; date; echo $RANDOM', 'echo made > made; rm a', 'exit 3'].entries()) {
      await shell(box.id, command);
      await thought(box.id, at + 1);
    }
    const recording = await finished(box);
    const document = await whole(await service.exportTest(recording, { predicate: { command: 'test -e a' } }));
    const made = JSON.parse(document.toString()) as { steps: { step: number }[]; files: { path: string }[] };
    expect(made).toMatchObject({ expect: 'exited 1', passed: 3 });
    expect([made.steps.map(({ step }) => step), made.files.map(({ path }) => path)]).toEqual([[2], ['/workspace/a']]);
    expect(await service.runTest(once(document))).toMatchObject({ ok: true });
  });

  it('of a repository that was brought in takes only the files along that matter', async () => {
    const source = await service.createSandbox({});
    await service.exec(source.id, {
      argv: ['sh', '-c', 'mkdir lib; echo "exit 9" > lib/check; for n in 1 2 3 4 5 6; do echo $n > f$n; done'],
    });
    const base = await service.createSnapshot(source.id);
    const recording = await recorded(['echo noise > g', 'rm f1'], { template: base.id });
    const document = await whole(await service.exportTest(recording, { predicate: { command: 'sh lib/check' } }));
    const made = JSON.parse(document.toString()) as { steps: unknown[]; files: { path: string }[] };
    expect(made.steps).toEqual([]);
    expect(made.files.map(({ path }) => path).filter((path) => path.includes('/f'))).toEqual([]);
    expect(made.files.map(({ path }) => path)).toContain('/workspace/lib/check');
    await service.destroySandbox(source.id);
  });

  it.each(['{}', 'no json', '{"format":"holdfast-test/1","steps":"x"}'])(
    'in a file that is none is refused: %s',
    async (content) => {
      await expect(service.runTest(once(bytes(content)))).rejects.toMatchObject({ code: 'recording-corrupt' });
    },
  );
});

describe('an agent of a session', () => {
  it('leaves what its model was asked and answered between the steps', async () => {
    const box = await service.createSandbox({ record: true });
    const worker = agentData(
      'worker',
      [{ afterTool: true, say: 'done' }, { call: [{ tool: 'shell', input: { command: 'echo made > made' } }] }],
      { grants: ['sandbox:shell'], tools: ['shell'] },
    );
    const started = await service.startSession({
      bundle: { entry: 'worker', agents: [worker] },
      message: 'make it',
      sandbox: box.id,
      task: true,
    });
    await until(box.id, (event) => event.type === 'model-call' && event.step === 1);
    const events = (await eventsOf(box.id)).filter(({ type }) => type === 'model-call' || type === 'step-begun');
    expect(events).toMatchObject([
      { type: 'model-call', step: 0, provider: 'scripted', failure: null },
      { type: 'step-begun', step: 1, name: 'shell' },
      { type: 'model-call', step: 1 },
    ]);
    expect(JSON.stringify(events[0])).toContain('make it');
    await expect.poll(async () => (await service.getSession(started.id)).state, { timeout: 20_000 }).toBe('done');
    expect(await service.replayRecording(await finished(box))).toMatchObject({ reproduced: true });
  });
});

describe('a run with faults', () => {
  it('meets them again, or is done again without them', async () => {
    const plan: FaultPlanInput = {
      format: 'holdfast-faults/1',
      seed: 1,
      faults: [{ id: 'busy', kind: 'tool.error', rate: 1 }],
    };
    const box = await service.createSandbox({ record: true, faults: { plan } });
    for (const command of ['echo a', 'echo b > b', 'cat b']) await shell(box.id, command);
    const id = await finished(box);
    const info = await service.getRecording(id);
    expect(info.failures.injected).toBeGreaterThan(0);
    expect(info.failures.agent).toBe(0);
    const again = await service.replayRecording(id);
    expect(again).toMatchObject({ reproduced: true });
    expect(again.steps.map(({ how }) => how)).toEqual(['executed', 'executed', 'executed']);
    const without = await service.replayRecording(id, { with: { faults: 'off' } });
    expect(without.divergence).toMatchObject({ class: 'error', blame: 'tool', why: 'the replay was told to differ' });
  });
});

describe('a sandbox that was rolled back', () => {
  it('is rolled back again, as long as that snapshot is there', async () => {
    const box = await service.createSandbox({ record: true });
    await shell(box.id, 'echo 1 > a');
    const before = await service.createSnapshot(box.id);
    await shell(box.id, 'echo 2 > b; rm a');
    await service.rollbackSandbox(box.id, before.id);
    await shell(box.id, 'ls; echo 3 > c');
    const id = await finished(box);
    expect(await service.replayRecording(id)).toMatchObject({ reproduced: true });
    const after = await service.forkRecording(id, { step: 3 });
    expect(
      (await service.listFiles(after.sandbox.id, '/workspace')).map(({ path }) => path.split('/').at(-1)).sort(),
    ).toEqual(['a', 'c']);
    await service.destroySandbox(after.sandbox.id);
  });
});
