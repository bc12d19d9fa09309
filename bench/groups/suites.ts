/** Real packages' test suites, run by an agent, recorded and done again. */

import type { HoldfastService } from '../../src/schema/index.ts';
import type { Group, Plan } from '../group.ts';
import { type Row, Samples, skippedRow } from '../harness.ts';
import { inProcess } from '../ours.ts';
import { Missed, Overlooked, record, recordAndReplay } from '../replayed.ts';
import { hasSuites, importSuites, longRun, notInstalled, packages, runs, suiteRun } from '../suites.ts';

const inPart = packages.flatMap(({ name, isPart }) => (isPart ? [name] : []));
const npm = packages.filter(({ from }) => from === 'npm').length;
const stepsPerLog = 100;
const replayed = { id: 'suites-replayed', label: 'a run over a real package, done again' };

export const group: Group = {
  name: 'suites',
  title: 'Real test suites, recorded and done again',
  measures: `Runs of a coding agent over ${packages.length} packages as their registries have them (${npm} of npm, ${packages.length - npm} of PyPI, at fixed versions, bench/suites/packages.json), whose tarballs ship their tests, and over examples/repair: it looks around, runs the suite and single files of it, breaks a line, runs, mends it, runs again, drawn by a seed. Without a network. The value is the milliseconds of the replay at L2; the success rate is the share in which every step matched: answers, processes and files. The log is all of a recording on disk, blobs included, of an agent that does ${stepsPerLog} such steps in one sandbox, over each package once; "worst" is the package whose log is the largest.`,
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
  const missed = new Map<string, string[]>();
  const overlooked = new Overlooked();
  const plan = rounds(runs, packages.length);
  for (let number = 0; number < plan.rounds; number++) {
    const one = suiteRun(number);
    try {
      const report = await recordAndReplay(service, one, { template });
      samples.add(report.durationMs);
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
  return [samples.row(), await logs(rounds(packages.length, 2), service, template)];
}

/** Not from the short runs: what is once in a run would count as often as they would have to be repeated. */
async function logs(
  { rounds, onRound }: ReturnType<Plan['rounds']>,
  service: HoldfastService,
  template: string,
): Promise<Row> {
  const samples = new Samples({
    id: 'suites-log',
    label: `log of ${stepsPerLog} steps over a real package`,
    unit: 'KiB',
  });
  for (let index = 0; index < rounds; index++) {
    const { id, bytes } = await record(service, longRun(index, stepsPerLog), { template });
    samples.add(bytes / 1024);
    await service.deleteRecording(id);
    onRound?.(index + 1, rounds);
  }
  return samples.row();
}
