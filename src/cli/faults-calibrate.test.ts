/** `faults calibrate`: from files and recordings to a plan, as the verb reads and writes them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type CliRun, runCli } from '../../test/fixtures/cli.ts';
import { syntheticProfile } from '../../test/fixtures/synthetic-profile.ts';
import { type Sample, type Series, sealProfile } from '../contract/index.ts';
import type { FaultPlan, HoldfastService } from '../schema/index.ts';
import { faultPlanSchema } from '../schema/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-calibrate-'));
const calibrate = (...argv: string[]): Promise<CliRun> => runCli(['faults', 'calibrate', ...argv], null, { directory });

async function planOf(...argv: string[]): Promise<FaultPlan> {
  const { status, stdout, stderr } = await calibrate(...argv, '--json');
  expect(status, stderr).toBe(0);
  return faultPlanSchema.parse(JSON.parse(stdout));
}

/** Two sessions of 500 calls each; in each, the first calls go wrong, one after another. */
function seriesOf(
  operation: string,
  role: Series['role'],
  wrong: Partial<Record<Sample['outcome'], number>>,
): Series[] {
  const outcomes = Object.entries(wrong).flatMap(([outcome, count]) =>
    Array.from({ length: count / 2 }, () => outcome as Sample['outcome']),
  );
  return [0, 1].map((session) => ({
    operation,
    role,
    session,
    samples: Array.from({ length: 500 }, (_, round) => ({
      round,
      // One in fifty answers takes a hundred times as long.
      clientMs: round % 50 === 49 ? 900 : 9,
      insideMs: null,
      outcome: outcomes[round] ?? 'ok',
    })),
  }));
}

beforeAll(async () => {
  const { digest: _, ...body } = syntheticProfile({ seed: 'production', sessions: 2, rounds: 1 });
  const series = [
    ...seriesOf('exec.noop', 'operation', { 'timed-out': 20, error: 10 }),
    ...seriesOf('file.read-small', 'operation', { 'timed-out': 4 }),
    // What no door of the runtime takes part in is no call of an agent.
    ...seriesOf('control.spawn', 'control', { error: 400 }),
  ];
  const profile = sealProfile({ ...body, latency: { ...body.latency, series } });
  await writeFile(join(directory, 'p.json'), JSON.stringify(profile));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('faults calibrate', () => {
  it.each([
    ['--dial', '2', 'a share from 0 to 1'],
    ['--control', '1.5', 'a share from 0 to 1'],
    ['--factor', '0', 'a number above 0 and at most 1000'],
  ])('says what %s takes instead of %s', async (flag, value, wanted) => {
    const run = await calibrate(flag, value);
    expect(run).toMatchObject({
      status: 2,
      stderr: `holdfast: ${flag} does not take "${value}" (invalid-argument)\n  hint: It takes ${wanted}.\n`,
    });
  });

  it('takes the rates of a profile over all its sessions, of calls and not of the control', async () => {
    const plan = await planOf('--profile', 'p.json');
    const mean = (id: string): number => {
      const { enter = 0, leave = 1, factor = 1 } = plan.dependencies['production'] ?? {};
      const outside = plan.faults.find((fault) => fault.id === id)?.rate ?? Number.NaN;
      return outside * (1 + (enter / (enter + leave)) * (factor - 1));
    };
    expect(mean('exec-noop-exec-timeout-early')).toBeCloseTo(0.02, 4);
    expect(mean('exec-noop-tool-error')).toBeCloseTo(0.01, 4);
    expect(mean('exec-noop-late')).toBeCloseTo(0.01, 4);
    // A file that the runtime itself carries has no program that could be ended early.
    expect(plan.faults.find(({ id }) => id === 'file-read-small-deadline-exceeded')).toMatchObject({
      kind: 'tool.error',
      code: 'deadline-exceeded',
      calls: ['files', 'write-file'],
    });
    expect(plan.faults.filter(({ id }) => id.startsWith('control'))).toEqual([]);
    // They kept together: fifteen in a row, in either session.
    expect(plan.dependencies['production']?.factor).toBeGreaterThan(2);
    expect(plan).toMatchObject({ dial: 0.05, control: 0.5 });
  });

  it('multiplies what was seen, and lets the dial and the control be said', async () => {
    const [once, twice] = [await planOf('--profile', 'p.json'), await planOf('--profile', 'p.json', '--factor', '2')];
    const meanOf = (plan: FaultPlan): number => {
      const { enter = 0, leave = 1, factor = 1 } = plan.dependencies['production'] ?? {};
      const outside = plan.faults.find(({ id }) => id === 'exec-noop-exec-timeout-early')?.rate ?? 0;
      return outside * (1 + (enter / (enter + leave)) * (factor - 1));
    };
    expect(meanOf(twice) / meanOf(once)).toBeCloseTo(2, 2);
    expect(await planOf('--dial', '0', '--control', '0')).toMatchObject({ dial: 0, control: 0 });
    const { stderr } = await calibrate('--profile', 'p.json', '-o', join(directory, 'plan.yaml'));
    expect(stderr).toContain('a share of 0.5 of the rollouts meets none of them (--control)');
    expect(faultPlanSchema.parse(parse(await readFile(join(directory, 'plan.yaml'), 'utf8'))).faults).toEqual(
      once.faults,
    );
    expect((await calibrate('--control', '0')).stderr).not.toContain('--control');
  });

  it.each([
    ['--factor', '0'],
    ['--dial', '1.5'],
    ['--control', '-1'],
  ])('refuses %s %s, and names it', async (flag, value) => {
    expect(await calibrate(`${flag}=${value}`)).toMatchObject({ status: 2, stderr: expect.stringContaining(flag) });
  });

  it('leaves out what a contract does not know, and tells errors apart as it lets them come', async () => {
    const plan = await planOf('--profile', 'p.json', '--contract', 'coding-agent');
    const errors = plan.faults.filter(({ id, kind }) => kind === 'tool.error' && id.startsWith('exec-noop'));
    expect(errors.length).toBeGreaterThan(0);
    // Each has the contract's code; without a contract nobody knows which it was.
    expect(errors.every(({ id }) => id !== 'exec-noop-tool-error')).toBe(true);
    expect((await planOf('--profile', 'p.json')).faults.length).toBeGreaterThan(0);
  });

  it('counts what really failed in a recording, page by page', async () => {
    const step = (number: number, failed: object | null): object[] => [
      { type: 'step-begun', step: number, name: 'shell' },
      { type: 'step-ended', step: number, durationMs: 1, ...(failed ?? { failure: null, cause: null }) },
    ];
    const failed = { failure: { code: 'busy' }, cause: 'infrastructure' };
    const events = Array.from({ length: 700 }, (_, at) => step(at + 1, at < 70 ? failed : null))
      .flat()
      .map((event, at) => ({ atMs: at, sequence: at + 1, hash: '', ...event }));
    const asked: number[] = [];
    const service = {
      getRecording: async () => ({ id: 'r1' }),
      recordingEvents: async (_: string, { after = 0, limit = 0 }) => {
        asked.push(after);
        return { items: events.slice(after, after + limit), next: null };
      },
    };
    const run = await runCli(
      ['faults', 'calibrate', '--recording', 'run', '--json'],
      service as unknown as HoldfastService, // what the verb asks of it
      { directory },
    );
    expect(run.status, run.stderr).toBe(0);
    const plan = faultPlanSchema.parse(JSON.parse(run.stdout));
    const { enter = 0, leave = 1, factor = 1 } = plan.dependencies['production'] ?? {};
    const busy = plan.faults.find((fault) => fault.kind === 'tool.error' && fault.code === 'busy');
    expect((busy?.rate ?? 0) * (1 + (enter / (enter + leave)) * (factor - 1))).toBeCloseTo(0.1, 3);
    expect(busy).toMatchObject({ calls: ['shell'] });
    expect(asked).toEqual([0, 1000, 1400]);
  });
});
