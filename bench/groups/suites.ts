/** Real packages' test suites, run by an agent, recorded and done again. */
import type { Group, Plan } from '../group.ts';
import { type Row, Samples, skippedRow } from '../harness.ts';
import { inProcess } from '../ours.ts';
import { Missed, Overlooked, recordAndReplay } from '../replayed.ts';
import { hasSuites, importSuites, notInstalled, packages, runs, suiteRun } from '../suites.ts';

const inPart = packages.flatMap(({ name, isPart }) => (isPart ? [name] : []));
const npm = packages.filter(({ from }) => from === 'npm').length;
const replayed = { id: 'suites-replayed', label: 'a run over a real package, done again' };

export const group: Group = {
  name: 'suites',
  title: 'Real test suites, recorded and done again',
  measures: `Runs of a coding agent over ${packages.length} packages as their registries have them (${npm} of npm, ${packages.length - npm} of PyPI, at fixed versions, bench/suites/packages.json), whose tarballs ship their tests, and over examples/repair: it looks around, runs the suite and single files of it, breaks a line, runs, mends it, runs again, drawn by a seed. Without a network. The value is the milliseconds of the replay at L2; the success rate is the share in which every step matched: answers, processes and files.`,
  leavesOut: `Suites that need a network, a service or a compiler, and those that print how fast they were (smmap was tried: stderr, only numbers differ). How long recording them took. Of ${inPart.join(', ')} only the files of tests that packages.json names are run. Of the examples only repair has a suite; the others are programs that use Holdfast themselves.`,
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  return hasSuites() ? doneAgain(plan) : [skippedRow({ ...replayed, skip: notInstalled })];
}

async function doneAgain({ bench, rounds, say, note }: Plan): Promise<Row[]> {
  const { service } = await inProcess(bench);
  const template = await importSuites(service);
  const samples = new Samples(replayed);
  const sizes = new Samples({ id: 'suites-log', label: 'what 100 steps of it take, recorded', unit: 'KiB' });
  const missed = new Map<string, string[]>();
  const overlooked = new Overlooked();
  const plan = rounds(runs, packages.length);
  for (let number = 0; number < plan.rounds; number++) {
    const one = suiteRun(number);
    try {
      const { report, kibOf100Steps } = await recordAndReplay(service, one, { template });
      samples.add(report.durationMs);
      sizes.add(kibOf100Steps);
      overlooked.add(report);
    } catch (error) {
      samples.fail(error);
      const cause = error instanceof Missed ? error.cause : String(error);
      missed.set(cause, [...(missed.get(cause) ?? []), one.name]);
      say(error instanceof Error ? error.message : String(error));
    }
    plan.onRound?.(number + 1, plan.rounds);
  }
  note(overlooked.note());
  if (missed.size === 0) note('Every run was reproduced.');
  for (const [cause, names] of missed) note(`Not reproduced, ${names.length}: ${cause} (${names.join(', ')}).`);
  return [samples.row(), sizes.row()];
}
