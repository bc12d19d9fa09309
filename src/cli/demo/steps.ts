/**
 * The demo's steps, in order. What the agent does it does through the door; whether that was as expected is found out here,
 * by other means.
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService, Sandbox, Snapshot, ToolDescription } from '../../schema/index.ts';
import { formatDuration, type Output } from '../output.ts';
import { packDirectory } from '../pack.ts';
import { type FilePatch, formatStat, relocate, splitPatch } from '../patch.ts';
import { openDoor } from './door.ts';
import { type GoalId, goals, type Policy, variants } from './policy.ts';
import { git, makeRepository } from './repository.ts';

export interface Demo {
  readonly service: HoldfastService;
  readonly policy: Policy;
  readonly output: Output;
  readonly tools: readonly ToolDescription[];
  /** Grow as the steps go; `need` says when a step came too early. */
  repository?: string;
  source?: Snapshot;
  box?: Sandbox;
  baseline?: Snapshot;
  saved?: Snapshot;
  forks: Sandbox[];
  best?: { sandbox: string; name: string };
  changes?: FilePatch[];
  patchFile?: string;
}

export interface Finding {
  actual: string;
  ok: boolean;
}
export interface Step {
  title: string;
  expected: string;
  /** What it makes is known only at its end: an interruption waits for that. */
  makes?: true;
  run(demo: Demo): Promise<Finding>;
}

const workspace = '/workspace';
/** Of the difference; the patch has all of it. */
const shownLines = 60;
const benchRuns = 3;
const benchBookings = 1500;

export const steps: readonly Step[] = [
  { title: 'make a repository', expected: '4 commits', run: prepare },
  { title: 'create a sandbox with its copy', expected: 'ready', makes: true, run: create },
  { title: 'look around', expected: 'every call answered', run: look },
  {
    title: 'run the tests',
    expected: '5 passed, 2 failed',
    run: (demo) => testsAfter(demo, 'test', '5 passed, 2 failed'),
  },
  { title: 'take a snapshot', expected: 'the sandbox goes on', makes: true, run: takeBaseline },
  { title: 'do something destructive', expected: 'lib, bin, test are gone', run: destroy },
  { title: 'roll back', expected: 'nothing differs', run: rollBack },
  { title: 'try the network', expected: 'denied', run: tryNetwork },
  { title: 'repair', expected: 'only lib/merge.awk changed', run: repair },
  {
    title: 'run the tests again',
    expected: '7 passed, 0 failed',
    run: (demo) => testsAfter(demo, 'retest', '7 passed, 0 failed'),
  },
  { title: 'snapshot the repair', expected: 'it costs what changed', makes: true, run: save },
  { title: 'fork three ways', expected: '3 sandboxes', makes: true, run: fork },
  { title: 'try three variants at once', expected: 'all pass the tests', run: tryVariants },
  { title: 'keep the fastest that passes', expected: 'one is kept', run: keepBest },
  { title: 'show the difference', expected: 'lib/merge.awk', run: showDifference },
  { title: 'hand the patch out', expected: 'it applies, nothing else touched', run: handOut },
];

/** Ends every sandbox and drops every snapshot of the demo, however far it came. */
export async function cleanUp({ service, box, forks, source, baseline, saved }: Demo): Promise<Finding> {
  const sandboxes = new Set([...forks, ...(box ? [box] : [])].map(({ id }) => id));
  const snapshots = new Set([saved, baseline, source].flatMap((snapshot) => (snapshot ? [snapshot.id] : [])));
  for (const id of sandboxes) await service.destroySandbox(id);
  // One that cannot be removed is found below.
  for (const id of snapshots) await service.deleteSnapshot(id).catch(() => undefined);
  const living = (await service.listSandboxes({ limit: 1000 })).items.filter(({ id }) => sandboxes.has(id));
  const kept = (await service.listSnapshots({ limit: 1000 })).items.filter(
    ({ id, sandbox }) => snapshots.has(id) || sandboxes.has(sandbox ?? ''),
  );
  const left = [...living, ...kept].map(({ id }) => id);
  return { actual: left.length === 0 ? 'nothing is left' : `left: ${left.join(', ')}`, ok: left.length === 0 };
}

async function prepare(demo: Demo): Promise<Finding> {
  demo.repository = await makeRepository();
  const commits = (await git(demo.repository, ['log', '--oneline'])).trim().split('\n').length;
  return { actual: `${commits} commits`, ok: commits === 4 };
}

async function create(demo: Demo): Promise<Finding> {
  const { service } = demo;
  demo.source = await service.importFiles(packDirectory(need(demo.repository)).tar, { path: workspace });
  demo.box = await service.createSandbox({ template: demo.source.id, metadata: { made: 'by holdfast demo' } });
  return { actual: demo.box.state, ok: demo.box.state === 'ready' };
}

async function look(demo: Demo): Promise<Finding> {
  const { calls, refused } = await pursue(demo, 'look');
  return { actual: `${calls} calls, ${refused} refused`, ok: calls > 0 && refused === 0 };
}

async function testsAfter(demo: Demo, goal: 'test' | 'retest', expected: string): Promise<Finding> {
  await pursue(demo, goal);
  const actual = await runTests(demo, need(demo.box).id);
  return { actual, ok: actual === expected };
}

async function takeBaseline(demo: Demo): Promise<Finding> {
  const { id } = need(demo.box);
  demo.baseline = await demo.service.createSnapshot(id, { name: 'before' });
  const { state } = await demo.service.getSandbox(id);
  return { actual: `stood still for ${formatDuration(demo.baseline.pauseMs)}`, ok: state === 'ready' };
}

async function destroy(demo: Demo): Promise<Finding> {
  await pursue(demo, 'destroy');
  const names = (await demo.service.listFiles(need(demo.box).id, workspace)).map(
    ({ path }) => path.split('/').at(-1) ?? '',
  );
  const left = ['lib', 'bin', 'test'].filter((name) => names.includes(name));
  return { actual: left.length === 0 ? 'they are gone' : `${left.join(', ')} is still there`, ok: left.length === 0 };
}

async function rollBack(demo: Demo): Promise<Finding> {
  const [box, baseline] = [need(demo.box), need(demo.baseline)];
  demo.box = await demo.service.rollbackSandbox(box.id, baseline.id);
  const { entries } = await demo.service.diff({ from: baseline.id, to: box.id, path: workspace });
  return { actual: `${entries.length} differences`, ok: entries.length === 0 && demo.box.id === box.id };
}

async function tryNetwork(demo: Demo): Promise<Finding> {
  await pursue(demo, 'network');
  const argv = ['bash', '-c', 'exec 3<>/dev/tcp/192.0.2.1/80'];
  const { exitCode, stderr } = await demo.service.exec(need(demo.box).id, { argv, timeoutMs: 5000 });
  const words = Buffer.from(stderr).toString().trim().split('\n').at(-1) ?? '';
  const ok = exitCode !== null && exitCode !== 0 && /unreachable|denied|not permitted|not supported/i.test(words);
  return { actual: ok ? `denied: ${words.split(': ').at(-1)}` : `exit ${exitCode}: ${words}`, ok };
}

async function repair(demo: Demo): Promise<Finding> {
  await pursue(demo, 'repair');
  const { entries } = await demo.service.diff({ from: need(demo.source).id, to: need(demo.box).id, path: workspace });
  const files = entries.filter(({ type }) => type !== 'directory').map(({ path }) => path.replace(`${workspace}/`, ''));
  return {
    actual: `changed: ${files.join(', ') || 'nothing'}`,
    ok: files.length === 1 && files[0] === 'lib/merge.awk',
  };
}

async function save(demo: Demo): Promise<Finding> {
  demo.saved = await demo.service.createSnapshot(need(demo.box).id, { name: 'repaired' });
  const { addedFiles, addedBytes } = demo.saved;
  // Of the whole root, since what was saved is as well.
  const { entries } = await demo.service.diff({ from: need(demo.baseline).id, to: demo.saved.id });
  const changed = entries.filter(({ type, kind }) => type !== 'directory' && kind !== 'deleted').length;
  return {
    actual: `${addedFiles} file${addedFiles === 1 ? '' : 's'}, ${addedBytes} bytes; ${changed} changed`,
    ok: changed > 0 && addedFiles <= changed,
  };
}

async function fork(demo: Demo): Promise<Finding> {
  demo.forks = await demo.service.forkSandbox(need(demo.saved).id, { count: variants.length });
  const ready = demo.forks.filter(({ state }) => state === 'ready').length;
  return { actual: `${ready} ready`, ok: ready === variants.length };
}

async function tryVariants(demo: Demo): Promise<Finding> {
  await Promise.all(demo.forks.map(({ id }, variant) => pursue(demo, 'variant', { sandbox: id, variant })));
  const results = await Promise.all(demo.forks.map(({ id }) => runTests(demo, id)));
  const passing = results.filter((result) => result === '7 passed, 0 failed').length;
  return { actual: `${passing} of ${results.length} pass`, ok: passing === results.length };
}

/** One after the other, so that they do not slow each other down. */
async function keepBest(demo: Demo): Promise<Finding> {
  const measured: { sandbox: string; name: string; ms: number }[] = [];
  for (const [at, { id }] of demo.forks.entries()) {
    if ((await runTests(demo, id)) !== '7 passed, 0 failed') continue;
    const name = variants[at]?.name ?? String(at);
    measured.push({ sandbox: id, name, ms: await benchmark(demo, id) });
    await demo.output.hint(
      `[${demo.policy.name}]   ${name}: ${formatDuration(measured.at(-1)?.ms ?? 0)} for ${benchBookings} bookings`,
    );
  }
  const best = measured.sort((one, other) => one.ms - other.ms)[0];
  if (!best) return { actual: 'none passes', ok: false };
  demo.best = best;
  return { actual: `${best.name}, ${formatDuration(best.ms)}`, ok: true };
}

async function showDifference(demo: Demo): Promise<Finding> {
  const patch = await demo.service.patch({ from: need(demo.source).id, to: need(demo.best).sandbox, path: workspace });
  demo.changes = splitPatch(patch).map((file) => relocate(file, workspace));
  const text = demo.changes.map((file) => file.text).join('') + formatStat(demo.changes);
  for (const line of text.trimEnd().split('\n').slice(0, shownLines))
    await demo.output.hint(`[${demo.policy.name}]   ${line}`);
  const paths = demo.changes.map(({ path }) => path);
  return { actual: paths.join(', ') || 'nothing', ok: paths.length === 1 && paths[0] === 'lib/merge.awk' };
}

async function handOut(demo: Demo): Promise<Finding> {
  const repository = need(demo.repository);
  demo.patchFile = join(dirname(repository), 'repair.patch');
  await writeFile(
    demo.patchFile,
    need(demo.changes)
      .map(({ text }) => text)
      .join(''),
  );
  await git(repository, ['apply', '--check', demo.patchFile]);
  const touched = (await git(repository, ['status', '--porcelain'])).trim();
  return { actual: touched === '' ? 'it applies' : `touched: ${touched}`, ok: touched === '' };
}

async function pursue(
  demo: Demo,
  id: GoalId,
  fork?: { sandbox: string; variant: number },
): Promise<{ calls: number; refused: number }> {
  const { service, policy, output, tools } = demo;
  const variant = fork?.variant ?? 0;
  const count = { calls: 0, refused: 0 };
  const title = fork ? `${policy.name} ${variants[variant]?.name}` : policy.name;
  const door = openDoor({
    service,
    sandbox: fork?.sandbox ?? need(demo.box).id,
    tools,
    title,
    output,
    onCall: ({ ok }) => {
      count.calls++;
      if (!ok) count.refused++;
    },
  });
  await policy.pursue({ id, variant, text: id === 'variant' ? (variants[variant]?.text ?? '') : goals[id] }, door);
  return count;
}

/** The last line that test/run prints; its status must agree. */
async function runTests({ service }: Demo, sandbox: string): Promise<string> {
  const { stdout, exitCode, reason } = await service.exec(sandbox, { argv: ['sh', 'test/run'], timeoutMs: 60_000 });
  const last = Buffer.from(stdout).toString().trim().split('\n').at(-1) ?? '';
  const agrees = (exitCode === 0) === last.endsWith(' 0 failed');
  return agrees ? last : `${last}, but ${reason} ${exitCode}`;
}

async function benchmark({ service }: Demo, sandbox: string): Promise<number> {
  const run = async (command: string): Promise<number> => {
    const { exitCode, durationMs } = await service.exec(sandbox, { argv: ['sh', '-c', command], timeoutMs: 60_000 });
    if (exitCode !== 0) throw new HoldfastError('internal', `"${command}" ended with ${exitCode}`);
    return durationMs;
  };
  await run(`sh bench/bookings ${benchBookings} > /tmp/bookings.csv`);
  let bestMs = Number.POSITIVE_INFINITY;
  for (let at = 0; at < benchRuns; at++)
    bestMs = Math.min(bestMs, await run('sh bin/busy /tmp/bookings.csv > /tmp/report'));
  return bestMs;
}

function need<T>(value: T | undefined): T {
  if (value === undefined)
    throw new HoldfastError('internal', 'a step of the demo needs what an earlier one did not make');
  return value;
}
