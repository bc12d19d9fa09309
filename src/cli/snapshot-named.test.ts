/** What has no sandbox of its name may be a snapshot: it is shown, and not removed. */
import { beforeEach, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { type RecordingService, recordingService } from '../../test/fixtures/recording-service.ts';
import { HoldfastError } from '../schema/error-class.ts';

let service: RecordingService;
const noSandbox = new HoldfastError('sandbox-not-found', 'there is no sandbox "good"', { hint: 'holdfast ps --all' });
beforeEach(() => {
  service = recordingService();
  service.failures.set('getSandbox', noSandbox);
  service.failures.set('destroySandbox', noSandbox);
});
/** With a snapshot of any name. */
async function named(): Promise<RecordingService> {
  const snapshot = await service.getSnapshot(service.ids.snapshot);
  return new Proxy(service, {
    get: (target, verb) => (verb === 'getSnapshot' ? async () => snapshot : Reflect.get(target, verb)),
  });
}

it('is shown', async () => {
  const run = await runCli(['inspect', 'good'], await named());
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(run.stdout)).toMatchObject({ id: service.ids.snapshot });
});

it('is not removed: who removes a sandbox twice keeps the snapshot', async () => {
  const run = await runCli(['rm', 'good'], await named());
  expect(run).toMatchObject({ status: 3, stdout: '' });
  expect(run.stderr).toMatch(/no sandbox "good", but a snapshot \(sandbox-not-found\)\n {2}hint: .*holdfast rm snp-/);
  expect(service.calls.map(({ verb }) => verb)).toEqual(['getSnapshot', 'destroySandbox']);
});

it('is a sandbox to who asks when there is neither', async () => {
  for (const verb of ['inspect', 'rm'])
    expect(await runCli([verb, 'good'], service)).toMatchObject({
      status: 3,
      stderr: 'holdfast: there is no sandbox "good" (sandbox-not-found)\n  hint: holdfast ps --all\n',
    });
});

it('hides nothing else that goes wrong', async () => {
  service.failures.set('getSnapshot', new HoldfastError('disk-full', 'no space is left'));
  expect((await runCli(['inspect', 'good'], service)).stderr).toContain('no space is left');
  service.failures.set('getSandbox', new HoldfastError('disk-full', 'no space is left'));
  expect((await runCli(['inspect', 'good'], service)).stderr).toContain('no space is left');
});
