/** Runs of an agent that are recorded and done again: what two groups have in common. */
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  CreateSandboxInput,
  HoldfastService,
  NormaliserName,
  RecordingInfo,
  ReplayReport,
  ToolResult,
} from '../src/schema/index.ts';
import type { AgentRun } from './recorded-runs.ts';

/** Between two calls: what a short thought of a model takes at least. A snapshot is over by then. */
const betweenMs = 75;

/** Makes a run's calls in a sandbox, telling each answer before the next call. */
export async function makeCalls(
  service: HoldfastService,
  sandbox: string,
  { calls }: AgentRun,
  onAnswer: (result: ToolResult, at: number) => void = () => undefined,
): Promise<void> {
  let session = '';
  for (const [at, { tool, input }] of calls.entries()) {
    const words = input['session'] === '$SESSION' ? { ...input, session } : input;
    const result = await service.callTool(sandbox, { tool, input: words });
    onAnswer(result, at);
    if (result.ok && tool === 'shell_session' && input['action'] === 'open') session = sessionOf(result.output);
    await sleep(betweenMs);
  }
}

/** What the runs of a group were reproduced with: how many needed which normaliser, and what was not compared whole. */
export class Overlooked {
  #runs = 0;
  #plain = 0;
  #whole = 0;
  readonly #needed = new Map<NormaliserName, number>();

  add({ steps, uncompared }: ReplayReport): void {
    const needed = new Set(steps.flatMap(({ normalisers }) => normalisers));
    this.#runs++;
    if (needed.size === 0) this.#plain++;
    if (uncompared.length === 0) this.#whole++;
    for (const name of needed) this.#needed.set(name, (this.#needed.get(name) ?? 0) + 1);
  }

  note(): string {
    const often = [...this.#needed].sort((one, other) => other[1] - one[1]);
    const each = often.map(([name, count]) => `${name} ${count}`).join(', ');
    const needed = this.#runs - this.#plain;
    return `Of the runs that were reproduced ${needed} needed normalisers (${each || 'none'}), ${this.#plain} needed none; in ${this.#whole} of ${this.#runs} everything was compared whole.`;
  }
}

/** Makes a run's calls in a sandbox of its own that is recorded. */
export async function record(
  service: HoldfastService,
  run: AgentRun,
  like: CreateSandboxInput = {},
): Promise<RecordingInfo> {
  const { id } = await service.createSandbox({ ...like, record: true });
  await makeCalls(service, id, run);
  await service.destroySandbox(id);
  const [recording] = (await service.listRecordings({ sandbox: id })).items;
  if (!recording) throw new Error('nothing was recorded');
  return recording;
}

/** Throws the class of the first divergence, whose doing it was, and what it looks like. */
export async function recordAndReplay(
  service: HoldfastService,
  run: AgentRun,
  like: CreateSandboxInput = {},
): Promise<ReplayReport> {
  const recording = await record(service, run, like);
  const report = await service.replayRecording(recording.id);
  await service.deleteRecording(recording.id);
  if (report.reproduced) return report;
  const { divergence } = report;
  if (!divergence) throw new Error(`${run.name}: a step did not match`);
  const { class: what, blame, why, absorbedBy, step, expected, actual } = divergence;
  const absorbed = absorbedBy ? `, \`--overlook ${absorbedBy}\` absorbs it` : '';
  throw new Missed(
    `${what}, ${blame}: ${why}${absorbed}`,
    `${run.name} step ${step}: ${expected.slice(0, 300)} | ${actual.slice(0, 300)}`,
  );
}

/** A run that was not reproduced. */
export class Missed extends Error {
  /** Class, blame and cause, without what is of this run only. */
  override readonly cause: string;

  constructor(cause: string, seen: string) {
    super(`${cause}: ${seen}`);
    this.cause = cause;
  }
}

function sessionOf(output: unknown): string {
  return typeof output === 'object' && output !== null && 'session' in output ? String(output.session) : '';
}
