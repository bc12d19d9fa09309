import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import type { SessionEntry, SessionUpdate } from '../schema/index.ts';

it('says on stdout what agents say, and on stderr what they do', async () => {
  const service = recordingService();
  const entry = (position: number, kind: SessionEntry['kind'], data: Record<string, unknown>): SessionEntry => ({
    session: 'ses-default',
    position,
    kind,
    at: '2026-01-02T03:04:05.678Z',
    data,
  });
  const output = { text: 'it is \u001b[31mred', untrusted: true };
  service.sessionEntries = async function* () {
    yield entry(1, 'started', { message: 'hi' });
    yield entry(2, 'delegated', { to: 'expert', task: 'look', child: 'ses-2' });
    yield entry(3, 'received', { event: 'child:ses-2', data: { agent: 'expert', outcome: { ok: true, output } } });
    yield entry(4, 'outcome', { name: 'tool', tool: 'shell', ok: false, error: { code: 'forbidden' } });
    yield entry(5, 'outcome', { name: 'model', ok: true, content: [{ type: 'text', text: 'all is well' }] });
    yield entry(6, 'approval-asked', { tool: 'send', input: { to: 'a' } });
    const question = { type: 'call', tool: 'ask', input: { question: 'Which one?' } };
    yield entry(7, 'outcome', {
      name: 'model',
      ok: true,
      content: [question, { type: 'call', tool: 'send', input: {} }],
    });
    yield entry(8, 'waiting', { events: ['message'], until: '2026-01-02T04:00:00.000Z' });
  };
  const { stdout, stderr, status } = await runCli(['session', 'attach', 'ses-default', '--once'], service);
  expect(status).toBe(0);
  expect(stdout).toBe('expert: it is \\x1b[31mred\nall is well\nWhich one?\n');
  expect(stderr.trimEnd().split('\n')).toEqual([
    '   1  started: hi',
    '   2  delegates to expert: look (ses-2)',
    '   4  shell was refused or failed: {"code":"forbidden"}',
    '   6  waits for an approval of send {"to":"a"}; holdfast session approve ses-default.6',
    '   8  waits for message until 2026-01-02T04:00:00.000Z',
  ]);
  const json = await runCli(['session', 'attach', 'ses-default', '--once', '--json'], service);
  expect(
    json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).position),
  ).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

it('forks with the agents of a file, in a sandbox that is brought', async () => {
  const service = recordingService();
  const directory = join(import.meta.dirname, '../../examples/agents');
  const words = ['--at', '5', '--bundle', 'desk.yaml', '--sandbox', 'box', '--message', 'again', '--name', 'twin'];
  const { status, stdout } = await runCli(['session', 'fork', 'ses-default', ...words], service, { directory });
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'ses-default\n' });
  await runCli(['session', 'fork', 'ses-default'], service);
  const bundle = expect.objectContaining({ entry: 'desk' });
  expect(service.calls.map(({ args }) => args)).toEqual([
    ['ses-default', { at: 5, name: 'twin', sandbox: 'box', message: 'again', with: { bundle } }],
    ['ses-default', {}],
  ]);
});

it('wants one session, or a word for several', async () => {
  const service = recordingService();
  expect((await runCli(['session', 'cancel'], service)).status).toBe(2);
  expect((await runCli(['session', 'cancel', 'ses-default', '--all'], service)).status).toBe(2);
  expect((await runCli(['session', 'approve', 'ses-default.4'], service)).stderr).toContain('approved: send');
  expect((await runCli(['session', 'cancel', '--all'], service)).stderr).toContain('3 sessions ended');
});

it('removes a session that is over, and says which', async () => {
  const service = recordingService();
  expect(await runCli(['session', 'rm', 'ses-default'], service)).toMatchObject({ status: 0, stdout: 'ses-default\n' });
  const { stdout } = await runCli(['session', 'rm', 'ses-default', '--json'], service);
  expect(JSON.parse(stdout)).toEqual({ removed: ['ses-default'] });
  expect(service.calls.map(({ verb, args }) => [verb, args])).toEqual([
    ['removeSession', ['ses-default']],
    ['removeSession', ['ses-default']],
  ]);
});

it('stops one agent or all, lists what is stopped, and lets it go on', async () => {
  const service = recordingService();
  for (const verb of ['stop', 'allow']) {
    expect((await runCli(['agents', verb], service)).status).toBe(2);
    expect((await runCli(['agents', verb, 'clerk', '--all'], service)).status).toBe(2);
  }
  expect((await runCli(['agents', 'stop', 'clerk', '--cancel'], service)).stderr).toBe(
    'stopped: clerk; 3 sessions ended\n',
  );
  const misspelt = await runCli(['agents', 'stop', 'clrk'], service);
  expect(misspelt.stderr).toContain('No agent that is known here is called clrk');
  expect(misspelt.stderr).toContain('holdfast agents allow clrk takes it back');
  const json = await runCli(['agents', 'stop', 'clrk', '--json'], service);
  expect(JSON.parse(json.stdout)).toMatchObject({ sessions: 3, isKnown: false });
  expect((await runCli(['agents', 'stop', '--all', '--every-tenant'], service)).stderr).toBe(
    'stopped: clerk; 3 sessions stand still, with all below\n',
  );
  expect((await runCli(['agents', 'allow', 'clerk'], service)).stderr).toBe('may go on: clerk\n');
  expect((await runCli(['agents', 'stops'], service)).stdout).toMatch(
    /STOPPED +TENANT +BY +SINCE\nclerk +default +owner +2026/,
  );
  const asked = service.calls.map(({ verb, args }) => [verb, args[0]]);
  expect(asked).toContainEqual(['stopAgents', { agent: 'clerk', cancel: true, everyTenant: false }]);
  expect(asked).toContainEqual(['stopAgents', { cancel: false, everyTenant: true }]);
  expect(asked).toContainEqual(['allowAgents', { agent: 'clerk', everyTenant: false }]);
});

it('names another tenant where the owner does', async () => {
  const service = recordingService();
  const whose = ['clerk', '--tenant', 'acme'];
  expect((await runCli(['agents', 'stop', ...whose], service)).stderr).toContain('stopped: clerk of acme; 3 sessions');
  expect((await runCli(['agents', 'allow', ...whose], service)).stderr).toBe('may go on: clerk of acme\n');
  expect((await runCli(['agents', 'stop', 'clrk', '--tenant', 'acme'], service)).stderr).toContain(
    'holdfast agents allow clrk --tenant acme takes it back',
  );
  await runCli(['session', 'cancel', '--agent', 'clerk', '--tenant', 'acme'], service);
  const asked = service.calls.map(({ verb, args }) => [verb, args[0]]);
  expect(asked).toContainEqual(['stopAgents', { agent: 'clerk', tenant: 'acme', cancel: false, everyTenant: false }]);
  expect(asked).toContainEqual(['allowAgents', { agent: 'clerk', tenant: 'acme', everyTenant: false }]);
  expect(asked).toContainEqual(['cancelSessions', { agent: 'clerk', tenant: 'acme', everyTenant: false }]);
});

it('says what was cut off and could not be ended, with the audit log down', async () => {
  const service = recordingService();
  const cancelled = { cancelled: 0, paused: 2, durationMs: 1.5 };
  service.cancelSessions = async () => cancelled;
  service.stopAgents = async () => ({
    stop: {
      agent: null,
      tenant: 'default',
      everyTenant: false,
      placedFrom: 'owner',
      placedBy: null,
      placedAt: '2026-01-02T03:04:05.678Z',
    },
    sessions: 2,
    isKnown: true,
    cancelled,
  });
  const paused = ', 2 cut off and paused: the audit log cannot be written\n';
  const one = await runCli(['session', 'cancel', '--all'], service);
  expect(one.stderr).toMatch(/^0 sessions ended within .+ cut off/);
  expect(one.stderr).toContain(paused);
  expect((await runCli(['agents', 'stop', '--all', '--cancel'], service)).stderr).toBe(
    `stopped: all agents; 0 sessions ended${paused}`,
  );
});

it('says what an agent says as it comes, once, and what does not count', async () => {
  const service = recordingService();
  const session = 'ses-default';
  const entry = (position: number, data: Record<string, unknown>): SessionEntry => ({
    session,
    position,
    kind: 'outcome',
    at: '2026-01-02T03:04:05.678Z',
    data: { name: 'model', ok: true, ...data },
  });
  const partial = (step: number, from: number, text: string): SessionUpdate => ({
    type: 'partial',
    session,
    step,
    from,
    text,
  });
  const whole = [{ type: 'text', text: 'It is \u001b[31mso.' }];
  const updates: SessionUpdate[] = [
    partial(2, 0, 'It was'),
    { type: 'withdrawn', session, step: 2 },
    partial(2, 0, 'It is '),
    partial(2, 6, '\u001b[31mso.'),
    { type: 'entry', entry: entry(3, { key: `${session}/2`, content: whole }) },
    { type: 'entry', entry: entry(5, { key: `${session}/4`, content: [{ type: 'text', text: 'Unseen.' }] }) },
  ];
  service.sessionUpdates = async function* () {
    yield* updates;
  };
  const { stdout, stderr, status } = await runCli(['session', 'attach', session, '--partial'], service);
  expect([status, stdout]).toEqual([0, 'It was\nIt is \\x1b[31mso.\nUnseen.\n']);
  expect(stderr).toContain('what was said in step 2 does not count');
  const json = await runCli(['session', 'attach', session, '--partial', '--json'], service);
  expect(
    json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(updates);
  expect((await runCli(['session', 'attach', session, '--partial', '--once'], service)).status).toBe(2);
});

it('lists all sessions, however many pages they are', async () => {
  const service = recordingService();
  const session = await service.getSession('ses-default');
  const asked: unknown[] = [];
  service.listSessions = async (query) => {
    asked.push(query);
    const page = Number(query?.cursor ?? 0);
    return {
      items: Array.from({ length: 1000 }, (_, at) => ({ ...session, id: `ses-${page * 1000 + at}` })),
      nextCursor: page === 2 ? null : String(page + 1),
    };
  };
  const { stdout } = await runCli(['session', 'ls', '--all', '--json'], service);
  expect(new Set((JSON.parse(stdout) as { id: string }[]).map(({ id }) => id)).size).toBe(3000);
  expect(asked).toEqual([undefined, '1', '2'].map((cursor) => ({ all: true, limit: 1000, ...(cursor && { cursor }) })));
});
