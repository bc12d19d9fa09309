import { expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import type { NetworkFlow } from '../schema/index.ts';

const flow = {
  ...{ at: '2026-01-01T00:00:00.000Z', kind: 'tunnel', host: 'a.example', port: 443, method: null, path: null },
  ...{ status: null, bytesUp: 1, bytesDown: 2, durationMs: 3, error: null, secrets: [] },
  decision: { allowed: true, code: 'allowed', rule: null, message: 'allowed', hint: null },
} as unknown as NetworkFlow;

it('net log says who broke what had been allowed', async () => {
  const service = recordingService();
  service.networkFlows = async function* () {
    yield { ...flow, error: 'reset', endedBy: 'outside' };
    yield { ...flow, error: 'reset', injected: true };
    yield { ...flow, error: 'silence' };
  };
  const { stdout } = await runCli(['net', 'log', 'sbx-default'], service);
  expect(stdout.split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(/ broke by the outside: reset$/),
    expect.stringMatching(/ broke by its fault plan: reset$/),
    expect.stringMatching(/ broke: silence$/),
  ]);
});

it('net log says where flows are missing, and how many', async () => {
  const service = recordingService();
  service.networkFlows = async function* () {
    yield { ...flow, missing: 7 };
    yield flow;
  };
  const { stdout } = await runCli(['net', 'log', 'sbx-default'], service);
  expect(stdout.split('\n').slice(0, 3)).toEqual([
    expect.stringContaining('a.example:443'),
    expect.stringMatching(/^\.\.\. 7 more are missing here/),
    expect.stringContaining('a.example:443'),
  ]);
});
