import { expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import type { SessionEntry } from '../schema/index.ts';

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
  };
  const { stdout, stderr, status } = await runCli(['session', 'attach', 'ses-default', '--once'], service);
  expect(status).toBe(0);
  expect(stdout).toBe('expert: it is \\x1b[31mred\nall is well\n');
  expect(stderr.trimEnd().split('\n')).toEqual([
    '   1  started: hi',
    '   2  delegates to expert: look (ses-2)',
    '   4  shell was refused or failed: {"code":"forbidden"}',
    '   6  waits for an approval of send {"to":"a"}',
  ]);
  const json = await runCli(['session', 'attach', 'ses-default', '--once', '--json'], service);
  expect(
    json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).position),
  ).toEqual([1, 2, 3, 4, 5, 6]);
});

it('wants one session, or a word for several', async () => {
  const service = recordingService();
  expect((await runCli(['session', 'cancel'], service)).status).toBe(2);
  expect((await runCli(['session', 'cancel', 'ses-default', '--all'], service)).status).toBe(2);
  expect((await runCli(['session', 'approve', 'ses-default.4'], service)).stderr).toContain('approved: send');
  expect((await runCli(['session', 'cancel', '--all'], service)).stderr).toContain('3 sessions ended');
});
