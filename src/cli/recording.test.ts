/** The verbs of recordings on a service that answers from memory; and what is made of events for people. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { FakeAttachment } from '../../test/fixtures/fake-attachment.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { type RecordingEvent, usualNormalisers } from '../schema/index.ts';
import { timeline } from './recording-view.ts';
import { readWith, usual } from './replay-options.ts';

const id = 'rec-default';
const run = async (...argv: string[]) => {
  const service = recordingService();
  const ran = await runCli(argv, service);
  return { ...ran, calls: service.calls.map(({ verb, args }) => [verb, ...args]) };
};

async function ended(_ref: string, processId: string): Promise<FakeAttachment> {
  const attachment = new FakeAttachment(processId);
  attachment.end();
  return attachment;
}

async function* once(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text);
}

describe('the verbs of recordings', () => {
  it('begin, end, list, verify', async () => {
    expect(await run('record', 'start', 'box-default', '--name', 'n')).toMatchObject({
      status: 0,
      stdout: `${id}\n`,
      calls: [['startRecording', 'box-default', { name: 'n' }]],
    });
    expect(await run('record', 'stop', 'box-default')).toMatchObject({ status: 0, stdout: `${id}\n` });
    expect((await run('verify', id)).stdout).toMatch(
      /^intact: 9 events, 2 steps, 1 blobs, 2 snapshots\nroot [0-9a-f]{64}\n$/,
    );
    expect(await run('verify', 'rec-none')).toMatchObject({ status: 3 });
    expect(await run('rm', id)).toMatchObject({ status: 0, calls: [['deleteRecording', id]] });
  });

  it('are named by a run that was recorded, and by no other', async () => {
    const said = async (...flags: string[]): Promise<string> =>
      (await runCli(['run', ...flags, '--', 'true'], { ...recordingService(), attachProcess: ended })).stderr;
    expect(await said('--record')).toContain(`recorded: holdfast show ${id}\n`);
    expect(await said()).not.toContain('recorded:');
  });

  it('are what the name of a `record` is of, and not the sandbox around it', async () => {
    const made = async (...words: string[]): Promise<unknown> => {
      const service = recordingService();
      await runCli(['record', ...words, '--', 'true'], { ...service, attachProcess: ended });
      return service.calls.find(({ verb }) => verb === 'createSandbox')?.args[0];
    };
    expect(await made('--name', 'fix')).toMatchObject({ record: { name: 'fix' } });
    expect(await made('--name', 'fix')).not.toHaveProperty('name');
    expect(await made()).toMatchObject({ record: {} });
  });

  it('need what they need, and say so', async () => {
    expect(await run('record')).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('record needs <command>'),
    });
    expect(await run('record', 'start')).toMatchObject({ status: 2 });
    expect(await run('bisect', id)).toMatchObject({ status: 2, stderr: expect.stringContaining('--predicate') });
    expect(await run('export', id, '--as-test')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--predicate'),
    });
    expect(await run('export', id, '--as', 'xml')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('bundle, atif, otel, har'),
    });
  });

  it('replay, and say how it went', async () => {
    const { status, stdout, calls } = await run(
      'replay',
      id,
      '--until',
      '2',
      '--with',
      'faults=off',
      '--with',
      'tool-result=1:{"a":1}',
      '--overlook',
      'order',
      '--answers-only',
    );
    expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({ status: 0, last: 'reproduced at L2' });
    expect(calls).toEqual([
      [
        'replayRecording',
        id,
        {
          until: 2,
          normalisers: [...usualNormalisers, 'order'],
          files: false,
          with: { faults: 'off', toolResults: { 1: { a: 1 } } },
        },
      ],
    ]);
    expect(await run('replay', id, '--with', 'nonsense')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('contract=FILE'),
    });
    expect(await run('replay', id, '--with', 'tool-result=1:{')).toMatchObject({ status: 2 });
    expect(await run('replay', id, '--level', 'L9')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('L0, L1, L2, L3'),
    });
  });

  it('say what was not done or not held against what it was', async () => {
    const last = async (report: object, ...more: string[]): Promise<string> => {
      const service = recordingService();
      const { replayRecording } = service;
      service.replayRecording = async (...given) => ({ ...(await replayRecording(...given)), ...report });
      const { stdout } = await runCli(['replay', id, ...more], service);
      return stdout.replace(/^STEP.*\n(?:\d.*\n)*/m, '').trim();
    };
    const step = (at: number, how: string, matched = true) => ({
      step: at,
      name: 'shell',
      how,
      matched,
      normalisers: [],
      durationMs: 1,
      recordedMs: 1,
      outcome: 'ok',
    });
    const steps = ['executed', 'served', 'served', 'edited'].map((how, at) => step(at + 1, how));
    expect(await last({ steps })).toBe('reproduced at L2, 2 served, 1 edited');
    const large = 'step 2: 1 file compared by size only: /workspace/large';
    expect(await last({ steps: steps.slice(0, 1), uncompared: [large] })).toBe(
      `reproduced at L2, 1 not compared whole\nnot compared whole: ${large}`,
    );
    const kept = [step(1, 'served'), step(2, 'served')];
    expect(await last({ steps: kept }, '--level', 'L1')).toBe(
      'servable at L1: 2 of 2 answers are there; nothing was done',
    );
    const lost = [step(1, 'served'), step(2, 'served', false)];
    expect(await last({ steps: lost, reproduced: false }, '--level', 'L1')).toBe(
      'not servable at L1: 1 of 2 answers is there; nothing was done',
    );
    expect(await last({ steps: kept, reproduced: false }, '--level', 'L0')).toBe(
      'viewed at L0: 2 steps; nothing was done',
    );
  });

  it('put two contracts side by side', async () => {
    const { stdout, calls } = await run(
      'replay',
      id,
      '--with',
      'contract=coding-agent',
      '--with',
      'contract=coding-agent/1.0.0',
    );
    expect(stdout).toContain('coding-agent/1.0.0: reproduced at L2');
    expect(calls.length).toBe(2);
  });

  it('fork at a step, and tell on stderr where it stands', async () => {
    expect(await run('fork', id, '--step', '2')).toMatchObject({
      status: 0,
      stdout: 'sbx-default\n',
      stderr: expect.stringContaining('snapped back to 1'),
    });
  });

  it('fork at a step with what is otherwise there, and refuse what means nothing', async () => {
    const { status, calls } = await run(
      ...['fork', id, '--step', '2', '--contract', 'coding-agent', '--isolation', 'microvm', '-m', 'side=production'],
      ...['--with', 'environment=CI:1', '--with', 'tool-result=1:{"a":1}', '--with', 'network=taped'],
      ...['--with', 'faults=off', '--record', '--lifetime', '1m'],
    );
    expect(status).toBe(0);
    expect(calls).toEqual([
      [
        'forkRecording',
        id,
        {
          step: 2,
          execute: false,
          record: true,
          lifetimeMs: 60_000,
          isolation: 'microvm',
          metadata: { side: 'production' },
          with: {
            contract: expect.stringContaining('contract: coding-agent/1.0.0'),
            environment: { CI: '1' },
            toolResults: { '1': { a: 1 } },
            network: 'taped',
            faults: 'off',
          },
        },
      ],
    ]);
    for (const [said, words] of [
      [/no step has its memory/, ['--step', '2', '--memory']],
      [/forked once/, ['--step', '2', '--count', '3']],
      [/say the same/, ['--step', '2', '--contract', 'coding-agent', '--with', 'contract=coding-agent']],
      [/does not take "model=x" at a fork/, ['--step', '2', '--with', 'model=x']],
      [/--with is about a recording/, ['--with', 'faults=off']],
      [/--record is about a recording/, ['--record']],
    ] as const) {
      const refused = await run('fork', id, ...words);
      expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(said), calls: [] });
    }
  });

  it('trace a failure', async () => {
    expect(await run('bisect', id, '--predicate', 'make')).toMatchObject({
      stdout: 'step 2 (shell): exited 0 before, exited 1 after\n',
      stderr: expect.stringContaining('step 1 (shell) ended with é\n'),
    });
    const more = ['--cwd', '/workspace/lib', '--timeout', '5s', '--runs', '5'];
    const { calls } = await run('bisect', id, '--predicate', 'make', ...more);
    const predicate = { command: 'make', cwd: '/workspace/lib', timeoutMs: 5000 };
    expect(calls).toEqual([['bisectRecording', id, { predicate, runs: 5 }]]);
  });
});

describe('a test’s file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-test-file-'));
  const whole = { format: 'holdfast-test/1', base: { template: 'host' }, steps: [] };
  writeFileSync(join(directory, 'case.json'), JSON.stringify(whole));
  writeFileSync(join(directory, 'broken.json'), 'nonsense');
  afterAll(() => rmSync(directory, { recursive: true }));
  const replayed = async (file: string, ...more: string[]) => {
    const service = recordingService();
    const { runTest } = service;
    let given = '';
    service.runTest = async (data) => {
      for await (const piece of data) given += Buffer.from(piece).toString();
      return runTest(once(''));
    };
    return { ...(await runCli(['replay', file, ...more], service, { directory })), given };
  };

  it('is run as it is, or with its calls held to another contract', async () => {
    expect(await replayed('case.json')).toMatchObject({ status: 0, given: JSON.stringify(whole) });
    const { status, given } = await replayed('case.json', '--with', 'contract=coding-agent');
    expect(status).toBe(0);
    expect(JSON.parse(given)).toMatchObject({ ...whole, base: { template: 'host', contract: expect.any(Object) } });
    expect(JSON.parse(given).base.contract.contract).toBe('coding-agent/1.0.0');
    // What is no test is told by who runs it.
    expect((await replayed('broken.json', '--with', 'contract=coding-agent')).status).toBe(0);
  });

  it.each([
    [['--level', 'L1'], '--level'],
    [['--from', '2', '--until', '3'], '--from, --until'],
    [['--overlook', 'order', '--answers-only'], '--overlook, --answers-only'],
    [['--with', 'faults=off'], '--with of anything but a contract'],
    [['--with', 'contract=coding-agent', '--with', 'contract=coding-agent'], 'more than one contract'],
  ])('does not take %j', async (words, named) => {
    expect(await replayed('case.json', ...words)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`does not go with ${named}`),
      given: '',
    });
  });
});

it('makes a test with all that the schema has', async () => {
  const words = [
    '--cwd',
    '/work',
    '--timeout',
    '5s',
    '--budget',
    '7',
    '--runs',
    '2',
    '--expect',
    'exited 1',
    '--whole',
  ];
  const { calls } = await run('export', id, '--as-test', '--predicate', 'make', ...words);
  expect(calls[0]?.slice(0, 3)).toEqual([
    'exportTest',
    id,
    {
      predicate: { command: 'make', cwd: '/work', timeoutMs: 5000 },
      expect: 'exited 1',
      runs: 2,
      budget: 7,
      minimise: false,
    },
  ]);
});

it('says of a test what it expects, and ends with 1 where it does not always end so and nobody said that it may', async () => {
  const made = async (passed: number, ...words: string[]) => {
    const service = recordingService();
    service.exportTest = async () =>
      once(JSON.stringify({ expect: 'exited 0', steps: [{}, {}], passed, runs: 3, notes: ['step 4 is left out'] }));
    return runCli(['export', id, '--as-test', '--predicate', 'make', ...words], service);
  };
  const sure = await made(3);
  expect(sure.status).toBe(0);
  expect(JSON.parse(sure.stdout)).toMatchObject({ expect: 'exited 0' });
  expect(sure.stderr).toContain('a test of 2 steps that expects exited 0: it ended so in 3 of 3 runs\n');
  expect(sure.stderr).toContain('step 4 is left out\n');
  expect((await made(2)).status).toBe(1);
  expect((await made(2, '--expect', 'exited 0')).status).toBe(0);
});

it('knows the normalisers that the schema has', () => {
  expect(usual).toEqual(usualNormalisers);
});

it('reads what --with changes', async () => {
  const io = { directory: '/' } as never;
  expect(await readWith(['environment=A:b:c', 'faults=on'], io)).toMatchObject({
    environment: { A: 'b:c' },
    faults: 'on',
  });
  for (const word of ['environment=A', 'tool-result=0:1', 'faults=maybe', 'contract', '=x']) {
    await expect(readWith([word], io)).rejects.toMatchObject({ code: 'invalid-argument' });
  }
});

it('takes the world of a training profile, and says what else it has', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-world-'));
  const world = 'format: holdfast-world/1\nfrozenAt: 2026-01-01T00:00:00.000Z\nsnapshot: { id: snp-1, digest: ab }\n';
  const faults = 'faults: { format: holdfast-faults/1, seed: 1, faults: [{ id: busy, kind: tool.unavailable }] }\n';
  const profile = `format: holdfast-training/1\nworld:\n${world.replaceAll(/^/gm, '  ').trimEnd()}\n`;
  const said = async (text: string): Promise<string> => {
    writeFileSync(join(directory, 'w.yaml'), text);
    const replayed = await runCli(['replay', id, '--with', 'world=w.yaml'], recordingService(), { directory });
    expect(replayed.status).toBe(0);
    return replayed.stderr;
  };
  for (const text of [world, profile]) expect(await said(text)).not.toContain('only the world');
  expect(await said(`${profile}contract: coding-agent\n${faults}`)).toContain(
    'of w.yaml only the world is taken, not its contract and faults',
  );
  rmSync(directory, { recursive: true });
});

describe('a timeline', () => {
  const at = (atMs: number, body: object): RecordingEvent =>
    ({ atMs, sequence: 1, hash: '', ...body }) as RecordingEvent;
  const input = (value: unknown) => ({ bytes: 1, digest: '', text: JSON.stringify(value) });

  it('has a line per step: what was called, how it ended, whose doing, what changed', async () => {
    const lines = await timeline([
      at(1000, { type: 'recording-begun', resumed: false, cutBytes: 0 }),
      at(1010, { type: 'step-begun', step: 1, name: 'shell', input: input({ command: 'make\n  test' }) }),
      at(1040, {
        type: 'step-ended',
        step: 1,
        ok: true,
        durationMs: 30,
        output: input({ exitCode: 2, reason: 'exited' }),
        failure: null,
        cause: 'agent',
        causeRule: 'exit-status',
      }),
      at(1060, { type: 'snapshot-taken', step: 1 }),
      at(1061, {
        type: 'files-changed',
        step: 1,
        after: 0,
        more: 0,
        changes: ['a', 'b', 'c', 'd'].map((path) => ({ kind: 'added', path: `/${path}` })),
      }),
      at(2000, { type: 'model-call', model: 'm', usage: { inputTokens: 5, outputTokens: 2 }, durationMs: 900 }),
      at(2010, { type: 'step-begun', step: 2, name: 'exec', input: input({ argv: ['ls', '-l'] }) }),
      at(2010, { type: 'snapshot-failed', step: 1, failure: { message: 'no room' }, cause: 'infrastructure' }),
      at(2011, { type: 'gap', lostEvents: 2, reason: 'no room' }),
    ]);
    expect(lines.map((line) => line.replaceAll(/\s+/g, ' ').trim())).toEqual([
      '+0.0 ms recording begins',
      '+10 ms 1 shell make test exited 2 30 ms agent (exit-status) +/a +/b +/c and 1 more snapshot',
      '+1.0 s model m 5 in, 2 out 900 ms',
      '+1.0 s 2 exec ls -l under way',
      '+1.0 s no snapshot after step 1: no room (infrastructure)',
      '+1.0 s 2 events were lost: no room',
    ]);
  });

  it('has of a step what changed since the one before, as its last snapshot shows it', async () => {
    const changed = (after: number, ...paths: string[]) =>
      at(1, {
        type: 'files-changed',
        step: 2,
        after,
        more: 0,
        changes: paths.map((path) => ({ kind: 'added', path })),
      });
    const lines = await timeline([
      at(0, { type: 'step-begun', step: 2, name: 'shell', input: input({ command: 'make' }) }),
      changed(1, '/half'),
      changed(1, '/whole'),
      changed(0, '/before', '/whole'),
    ]);
    expect(lines.map((line) => line.replaceAll(/\s+/g, ' ').trim())).toEqual([
      '+0.0 ms 2 shell make under way +/whole',
    ]);
  });
});
