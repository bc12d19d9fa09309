/** What a replay holds against what was: large files, links, Git's own files, programs that run on; and what it says it did not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldfastService } from '../../src/schema/index.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
const { shell, thought, until, recorded, finished } = runs;
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
});
afterAll(() => runs.close());

const chance = 'od -An -N8 -tx8 /dev/urandom | tr -d " "';

describe('files', () => {
  it('too large to be kept are compared by what they hold', async () => {
    const id = await recorded(['yes a line | head -c 3000000 > large; truncate -s 40G sparse']);
    expect(await service.replayRecording(id)).toMatchObject({ reproduced: true, uncompared: [] });
    const events = (await service.recordingEvents(id, { limit: 1000 })).items;
    const changes = events.flatMap((event) => (event.type === 'files-changed' ? event.changes : []));
    const large = changes.find(({ path }) => path === '/workspace/large');
    expect(large).toMatchObject({ after: null, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    // Not the file's own digest, by which anybody could try what it holds.
    const plain = await service.createSandbox({});
    const said = await shell(plain.id, 'yes a line | head -c 3000000 | sha256sum');
    expect(JSON.stringify(said)).toMatch(/[0-9a-f]{64}/);
    expect(JSON.stringify(said)).not.toContain(large?.digest ?? '-');
    await service.destroySandbox(plain.id);
  });

  it.each([
    ['of the same size that hold something else', 'head -c 400000 /dev/urandom > large', '/workspace/large'],
    ['that are links to somewhere else', `ln -s /$(${chance}) link`, '/workspace/link'],
    ['that say another branch', `mkdir .git; echo "ref: refs/heads/x$(${chance})z" > .git/HEAD`, '/.git/HEAD'],
    ['that are one of very many', `mkdir d; cd d; seq 2100 | xargs touch; ${chance} > 1`, '/workspace/d/1'],
    [
      'beside so much that nothing is kept',
      `for n in $(seq 90); do head -c 250000 /dev/zero > z$n; done; ${chance} > z99`,
      'z99',
    ],
  ])('%s are found', async (_what, command, path) => {
    const { divergence, reproduced } = await service.replayRecording(await recorded([command]));
    expect(reproduced).toBe(false);
    expect(divergence).toMatchObject({ step: 1, class: 'files', expected: expect.stringContaining(path) });
  });

  it('that hold nothing count with what is read of them', async () => {
    const report = await service.replayRecording(
      await recorded(['for n in $(seq 300); do truncate -s 1M f$n; done; truncate -s 40G large']),
    );
    expect(report).toMatchObject({
      reproduced: true,
      uncompared: [expect.stringMatching(/^step 1: 44 files compared by size only: /)],
    });
  });

  it('that are more than are listed are said', async () => {
    const report = await service.replayRecording(await recorded(['mkdir d; cd d; seq 2100 | xargs touch']));
    expect(report).toMatchObject({
      reproduced: true,
      uncompared: ['step 1: 101 files more changed than are listed: not compared'],
    });
  });
});

describe('a program that runs on beside later steps', () => {
  const started = async (script: string): Promise<{ box: string; processId: string }> => {
    const { id: box } = await service.createSandbox({ record: true });
    const { processId } = await service.startProcess(box, { argv: ['sh', '-c', script] });
    await shell(box, 'echo beside > beside');
    await thought(box, 2);
    return { box, processId };
  };
  const ended = (box: string, processId: string): Promise<void> =>
    until(box, (event) => event.type === 'process-ended' && event.processId === processId);

  it('is compared where the replay stands where it had ended', async () => {
    const same = await started('while ! test -e over; do sleep 0.02; done; echo done');
    await shell(same.box, 'touch over');
    await ended(same.box, same.processId);
    await shell(same.box, 'echo after');
    expect(await service.replayRecording(await finished({ id: same.box }))).toMatchObject({
      reproduced: true,
      uncompared: [],
    });
    const other = await started(`while ! test -e over; do sleep 0.02; done; ${chance}`);
    await shell(other.box, 'touch over');
    await ended(other.box, other.processId);
    const { divergence } = await service.replayRecording(await finished({ id: other.box }));
    expect(divergence).toMatchObject({
      step: 3,
      class: 'stdout',
      expected: expect.stringContaining('the process of step 1: '),
    });
  });

  it('and does not end is said not to be compared', async () => {
    const { box } = await started('sleep 1000');
    expect(await service.replayRecording(await finished({ id: box }))).toMatchObject({
      reproduced: true,
      uncompared: ['the process that step 1 started had not ended when the recording did: it is not compared'],
    });
  });
});

describe('what was done to the sandbox as a whole', () => {
  const listed = 'cat /proc/[0-9]*/comm | grep -c "^sleep$" || true';

  it('is done again: processes end where it was put to sleep without its memory, and go on where it kept it', async () => {
    const { id } = await service.createSandbox({ record: true });
    await service.startProcess(id, { argv: ['sleep', '4321'] });
    await service.suspendSandbox(id, {});
    await service.resumeSandbox(id);
    await shell(id, listed);
    await service.suspendSandbox(id, { memory: false });
    await service.resumeSandbox(id);
    await shell(id, listed);
    const recording = await finished({ id });
    const counts = await outputs(recording);
    expect(counts).toEqual(['1\n', '0\n']);
    expect((await service.replayRecording(recording)).divergence).toBeNull();
  });

  it('its network changes again, with the policy of then', async () => {
    const { id } = await service.createSandbox({ record: true });
    const proxied = 'env | grep -c -i proxy; ls /etc/resolv.conf; grep -c nameserver /etc/resolv.conf; true';
    await shell(id, proxied);
    await service.setNetwork(id, { allow: [{ host: 'a.example' }] });
    await shell(id, proxied);
    await service.setNetwork(id, 'none');
    await shell(id, proxied);
    const recording = await finished({ id });
    const events = (await service.recordingEvents(recording, { limit: 1000 })).items;
    const changed = events.filter((event) => event.type === 'lifecycle' && event.what === 'network-changed');
    expect(changed).toMatchObject([{ facts: { policy: { allow: expect.anything() } } }, { facts: { policy: 'none' } }]);
    expect((await service.replayRecording(recording, { level: 'L3' })).divergence).toBeNull();
  });

  const outputs = async (recording: string): Promise<string[]> => {
    const { items } = await service.recordingEvents(recording, { limit: 1000 });
    return items.flatMap((event) =>
      event.type === 'step-ended' && event.output?.text?.includes('stdout')
        ? [String((JSON.parse(event.output.text) as { stdout: string }).stdout)]
        : [],
    );
  };
});

it('a program that the plan killed is the plan’s doing, as its step is', async () => {
  const kill = { id: 'kill', kind: 'exec.signal' as const, rate: 1, from: 1, until: 1 };
  const faults = { plan: { format: 'holdfast-faults/1' as const, seed: 1, faults: [kill] } };
  const { id } = await service.createSandbox({ record: true, faults });
  await shell(id, 'sleep 5; echo not reached');
  await shell(id, 'kill -9 $$');
  const events = (await service.recordingEvents(await finished({ id }), { limit: 1000 })).items;
  const causes = (type: string) =>
    events.flatMap((event) => (event.type === type && 'cause' in event ? [event.cause] : []));
  expect(causes('step-ended')).toEqual(['injected', 'unknown']);
  expect(causes('process-ended')).toEqual(['injected', 'unknown']);
});
