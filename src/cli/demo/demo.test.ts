import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCli } from '../../../test/fixtures/cli.ts';
import { type DirectoryService, directoryService } from '../../../test/fixtures/directory-service.ts';
import { serveModel } from '../../../test/fixtures/model-server.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { git, makeRepository } from './repository.ts';

interface Report {
  policy: string;
  complete: boolean;
  steps: { step: string; ok: boolean; actual: string }[];
  best: string | null;
  patchFile: string;
  repository: string;
}

describe('the demo', () => {
  const left: string[] = [];
  afterEach(async () => {
    for (const directory of left.splice(0)) await rm(directory, { recursive: true, force: true });
  });

  async function demo(
    service: DirectoryService,
    words: string[],
    environment: Record<string, string> = {},
  ): Promise<{ status: number; report: Report; stderr: string }> {
    const { status, stdout, stderr } = await runCli(['demo', '--json', ...words], service, { environment });
    const report = JSON.parse(stdout) as Report;
    if (report.repository) left.push(dirname(report.repository));
    return { status, report, stderr };
  }

  it('ends with everything as expected, and nothing left behind', async () => {
    await using service = await directoryService();
    const { status, report } = await demo(service, ['--scripted']);
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect({ status, complete: report.complete, steps: report.steps.length }).toEqual({
      status: 0,
      complete: true,
      steps: 17,
    });
    // Which one is fastest is measured, on a machine that may be busy.
    expect(['one pass', 'minute by minute', 'pair by pair']).toContain(report.best);
    expect(await readFile(report.patchFile, 'utf8')).toContain('+++ b/lib/merge.awk');
    expect([...service.living, ...service.snapshots]).toEqual([]);
  });

  it('names the script in every line of the agent, and ends with a table', async () => {
    await using service = await directoryService();
    const { stdout, stderr, status } = await runCli(['demo', '--scripted'], service);
    const lines = stderr.trim().split('\n');
    const next = lines.pop() ?? '';
    left.push(dirname(/-C (\S+)/.exec(next)?.[1] ?? ''));
    expect(lines.filter((line) => !line.startsWith('[scripted'))).toEqual([]);
    expect(stdout.match(/as expected/g)?.length).toBe(17);
    expect(status).toBe(0);
  });

  it('fails when a step is not as expected, names it, and still removes everything', async () => {
    await using service = await directoryService();
    const { status, report } = await demo(Object.assign(service, { rollbackSandbox: service.getSandbox }), [
      '--scripted',
    ]);
    expect(status).toBe(1);
    expect(report.steps.filter(({ ok }) => !ok).map(({ step }) => step)).toEqual(['roll back']);
    expect(report.steps.at(-1)?.step).toBe('remove everything');
    expect([...service.living, ...service.snapshots]).toEqual([]);
  });

  it('removes also what it was making when it was interrupted', async () => {
    await using service = await directoryService();
    const { createSandbox } = service;
    let interrupt: (name: NodeJS.Signals) => void = () => undefined;
    let made: Promise<unknown> = Promise.resolve();
    service.createSandbox = (...given) => {
      interrupt('SIGINT');
      const making = createSandbox(...given);
      made = making;
      return making;
    };
    const { status } = await runCli(['demo', '--scripted'], service, {
      onSignals: (send) => {
        interrupt = send;
      },
    });
    await made;
    expect(status).toBe(130);
    expect([...service.living, ...service.snapshots]).toEqual([]);
  });

  it('fails when a snapshot costs more than what changed, or is left behind', async () => {
    await using service = await directoryService();
    const { createSnapshot, deleteSnapshot } = service;
    const costly: typeof createSnapshot = async (...given) => ({ ...(await createSnapshot(...given)), addedFiles: 9 });
    const first = await demo({ ...service, createSnapshot: costly }, ['--scripted']);
    expect(first.report.steps.filter(({ ok }) => !ok).map(({ step }) => step)).toEqual(['snapshot the repair']);
    const stuck: typeof deleteSnapshot = async (id) => {
      if (service.snapshots.size < 3) throw new HoldfastError('busy', `${id} is in use`);
      await deleteSnapshot(id);
    };
    const second = await demo({ ...service, deleteSnapshot: stuck }, ['--scripted']);
    expect(second.report.steps.filter(({ ok }) => !ok).map(({ step }) => step)).toEqual(['remove everything']);
    expect(second.report.steps.at(-1)?.actual).toMatch(/^left: snp-\d+, snp-\d+$/);
    expect([first.status, second.status]).toEqual([1, 1]);
  });

  it('works with a model over the chat completions wire, through the same door', async () => {
    await using service = await directoryService();
    await using model = await serveModel();
    const { status, report } = await demo(service, [], {
      OPENAI_BASE_URL: model.baseUrl,
      HOLDFAST_MODEL: 'test-model',
      OPENAI_API_KEY: 'secret',
    });
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect({ status, policy: report.policy }).toEqual({ status: 0, policy: 'test-model' });
    expect(model.requests.length).toBeGreaterThan(10);
    expect(model.requests[0]).toMatchObject({ model: 'test-model', authorization: 'Bearer secret' });
    expect(model.requests[0]?.tools).toEqual(['shell', 'files']);
    expect(model.refusedAnswers).toBe(1);
  });

  it('says what is wrong when the model does not answer', async () => {
    await using service = await directoryService();
    const { status, report, stderr } = await demo(service, [], {
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      HOLDFAST_MODEL: 'none',
    });
    expect(status).toBe(1);
    expect(report.steps.find(({ ok }) => !ok)?.actual).toContain('outcome-unknown');
    expect(stderr).toContain('holdfast demo --scripted');
    const unnamed = await runCli(['demo'], service, { environment: { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' } });
    expect([unnamed.status, unnamed.stderr]).toEqual([2, expect.stringContaining('HOLDFAST_MODEL')]);
  }, 60_000);
});

describe('the demo’s repository', () => {
  it('needs git, and says so', async () => {
    vi.stubEnv('PATH', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(makeRepository()).rejects.toMatchObject({
      code: 'capability-missing',
      message: 'git is not installed',
      hint: 'Install it: apt-get install git',
    });
  });

  it('has the same history every time', async () => {
    const [one, other] = [await makeRepository(), await makeRepository()];
    const hashOf = (directory: string): Promise<string> => git(directory, ['log', '--format=%H']);
    expect(await hashOf(one)).toBe(await hashOf(other));
    expect(existsSync(`${one}/lib/merge.awk`)).toBe(true);
    for (const directory of [one, other]) await rm(dirname(directory), { recursive: true });
  });
});
