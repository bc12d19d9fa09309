import { describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';

const run = (...argv: string[]) => {
  const service = recordingService();
  return runCli(argv, service).then((answer) => ({
    ...answer,
    calls: service.calls.map(({ verb, args }) => [verb, ...args]),
  }));
};

describe('watching from the command line', () => {
  it('starts, lists, looks and stops', async () => {
    expect((await run('watch', '--every', '2h', '--isolation', 'microvm')).calls).toContainEqual([
      'startWatch',
      { isolation: 'microvm', everyMs: 7_200_000 },
    ]);
    expect((await run('watch')).stdout).toMatch(/^ID +CONTRACT +ISOLATION[^\n]+\nwat-1 +- +namespace +host .* drift /);
    const looked = await run('watch', '--now');
    expect(looked).toMatchObject({ status: 1, stdout: 'wat-1  drift: identity.umask\n' });
    expect((await run('watch', '--renew')).calls).toContainEqual(['runCanary', 'wat-1', { renew: true }, {}]);
    expect((await run('watch', '--stop')).calls).toContainEqual(['stopWatch', 'wat-1']);
  });

  it.each([
    [['watch', '--now', '--stop'], 'Say one of them'],
    [['watch', '--now', '--template', 'other'], 'nothing that fits is watched'],
    [['findings', 'ls', '--state', 'new'], 'open, acknowledged, closed'],
  ])('answers %j with the fix', async (argv, fix) => {
    const { status, stdout, stderr } = await run(...argv);
    expect({ failed: status !== 0, stdout }).toEqual({ failed: true, stdout: '' });
    expect(stderr).toContain(fix);
  });

  it('shows findings as bug reports, and takes note of who knows', async () => {
    expect((await run('findings', 'ls')).stdout).toMatch(/0123456789ab +open +major +identity\.umask +3 /);
    expect((await run('findings', 'show', '0123456789ab')).stdout).toMatch(
      /^MAJOR identity\.umask \(observed-value\), open\nwas {2}0022\nis {3}0077\n.*seen by 3 canaries/s,
    );
    const known = await run('findings', 'ack', '0123456789ab', '--note', 'known', '--json');
    expect(JSON.parse(known.stdout)).toMatchObject({ state: 'acknowledged', note: 'known' });
  });

  it('marks sandboxes of a runtime that drifted, and says so beside the list', async () => {
    const service = recordingService();
    const box = await service.getSandbox('box-default');
    service.listSandboxes = async () => ({
      items: [
        { ...box, isolation: 'namespace' },
        { ...box, template: 'other' },
      ],
      nextCursor: null,
    });
    const { stdout, stderr } = await runCli(['ps'], service);
    expect(stdout.split('\n').filter((line) => line.includes('(1 finding)'))).toHaveLength(1);
    expect(stderr).toContain('1 finding open: holdfast findings ls');
    const json = await runCli(['ps', '--json'], service);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { ...box, isolation: 'namespace', openFindings: 1 },
      { template: 'other', openFindings: 0 },
    ]);
  });
});
