/** Writes docs/contract/matrix.md from the stored profiles of bench/results/matrix/: no figure there is typed by hand. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimes, storedProfile } from '../bench/matrix/profiles.ts';
import { ofOtherSuites, storedSuites } from '../bench/one-suite.ts';
import { everyKind, recordedRun } from '../bench/recorded-runs.ts';
import {
  type Certificate,
  comparedWords,
  currentSuite,
  dayMs,
  type Finding,
  type Profile,
  parseContract,
  plainName,
  type Shift,
  scoreWords,
  shiftOf,
  usageLookup,
  usageOf,
  usualValidDays,
  verify,
} from '../src/contract/index.ts';

const root = join(import.meta.dirname, '..');
const path = join(root, 'docs/contract/matrix.md');
const contractPath = join(root, 'contracts/coding-agent-1.0.0.yaml');
const mostShown = 5;
const runCount = 200;
/** In what they touch, what a difference matters is weighed. */
const usage = usageLookup(
  usageOf(
    Array.from({ length: runCount }, (_, number) => {
      const { name, calls } = recordedRun(number, everyKind);
      return { name, text: calls.map((call) => JSON.stringify(call)).join('\n') };
    }),
  ),
);

interface Captured {
  short: string;
  title: string;
  profile: Profile;
}

interface Pair {
  first: Captured;
  second: Captured;
  shift: Shift;
}

export async function writeMatrix(): Promise<void> {
  await writeFile(path, await matrixPage());
  await tellOfOtherSuites();
}

export async function matrixPage(): Promise<string> {
  const all = await Promise.all(
    runtimes.map(async ({ name, title, short }) => ({ title, short, profile: await storedProfile(name) })),
  );
  const captured = all.flatMap(({ profile, ...names }) => (profile === null ? [] : [{ ...names, profile }]));
  const missing = all.filter(({ profile }) => profile === null).map(({ title }) => title);
  const pairs = captured.flatMap((first) =>
    captured
      .filter((second) => second !== first)
      .map((second) => ({ first, second, shift: shiftOf(first.profile, second.profile, { usageOf: usage }) })),
  );
  const contract = await readFile(contractPath, 'utf8');
  const lines = [
    ...head(captured.length, missing),
    ...table(captured.map((one) => ({ ...one, certificate: certified(one, contract) }))),
    '',
    ...grid(captured, pairs),
    '',
    ...pairs.flatMap(section),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** What is stored is to be of the probes of this version, all of it. */
async function tellOfOtherSuites(): Promise<void> {
  const { digest } = await currentSuite();
  const others = ofOtherSuites(await storedSuites(), digest);
  for (const line of others) console.error(`matrix: ${line}, not by ${digest.slice(7, 19)} as now; capture it again`);
}

function certified({ profile, title }: Captured, contract: string): Certificate {
  const without = profile.target.tools === undefined ? (['tools'] as const) : [];
  const nowMs = Date.parse(profile.endedAt);
  const value = parseContract(contract, contractPath).value;
  return verify({ contract: value, profile, without, label: title, nowMs, validMs: usualValidDays * dayMs });
}

const numerals = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven'];

function head(count: number, missing: readonly string[]): string[] {
  const numeral = numerals[count] ?? String(count);
  return [
    `# ${numeral} runtimes, each against each`,
    '',
    `What \`holdfast shift\` says of ${numeral.toLowerCase()} real runtimes on one machine, in both directions: an agent learnt in the row and runs in`,
    'the column. Made by `node scripts/matrix.ts` from the profiles in `bench/results/matrix/`, which `npm run matrix` captures;',
    '`gunzip -k` makes of one a file that `holdfast shift` reads. Scores, grades and words are explained in [shift.md](shift.md).',
    `What a difference weighs is said by ${runCount} made-up runs of ten kinds (\`bench/recorded-runs.ts\`): the more of them touch a field, the more.`,
    'The machine had no KVM that works, so the microVM was emulated. How busy it was stands under “load”: what breaks of latency may be that.',
    '`srt` and `just-bash` are other people’s local sandboxes, as their packages come: the one is a command around bubblewrap that shows the',
    'whole machine, the other an interpreter inside Node without processes, a kernel or real programs.',
    ...(missing.length === 0 ? [] : ['', `Not captured on this machine: ${missing.join(', ')}.`]),
    '',
  ];
}

function table(captured: readonly (Captured & { certificate: Certificate })[]): string[] {
  return [
    '## What was captured',
    '',
    '| runtime | day | sessions, rounds | load | `exec.noop` p50 | fields read | `coding-agent/1.0.0` | probes | profile |',
    '|---|---|---|---|---|---|---|---|---|',
    ...captured.map(({ title, profile, certificate }) => {
      const { sessions, plan, startedAt, digest, suite, observations } = profile;
      const loads = sessions.flatMap(({ load }) => load ?? []);
      const read = observations.filter(({ kind }) => kind !== 'could-not-measure').length;
      const load = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
      const cells = [
        title,
        startedAt.slice(0, 10),
        `${sessions.length}, ${plan.rounds}`,
        load,
        spelled(medianOf(profile)),
        `${read} of ${observations.length}`,
        kept(certificate),
        `\`${suite.digest.slice(7, 19)}\``,
        `\`${digest.slice(7, 19)}\``,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

const spelled = (ms: number): string => (ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`);

function medianOf({ latency }: Profile): number {
  const all = latency.series
    .filter(({ operation }) => operation === 'exec.noop')
    .flatMap(({ samples }) => samples.map(({ clientMs }) => clientMs))
    .sort((a, b) => a - b);
  return all[Math.floor(all.length / 2)] ?? Number.NaN;
}

/** The certificate's verdict: what was broken, what sessions disagree on, what is not known; how many checks pass. */
export function kept({ checks, verdict }: Pick<Certificate, 'checks' | 'verdict'>): string {
  const of = (...ones: Certificate['verdict'][]): string[] =>
    checks.filter((check) => ones.includes(check.verdict)).map(({ id }) => id.split('.')[0] ?? id);
  const failed = of('fail');
  const sections = [...new Set(failed)].map(
    (section) => `${section} ${failed.filter((one) => one === section).length}`,
  );
  const head = failed.length > 0 ? `breaks ${sections.join(', ')}` : verdict === 'pass' ? 'keeps it' : 'nothing broken';
  const rest = [
    [of('flaky').length, 'flaky'],
    [of('unsupported').length, 'not there'],
    [of('insufficient-data', 'harness-error').length, 'not known'],
  ] as const;
  const open = rest.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []));
  return `${[head, open.join(', ')].filter(Boolean).join('; ')}: ${of('pass').length} of ${checks.length} pass`;
}

function grid(captured: readonly Captured[], pairs: readonly Pair[]): string[] {
  return [
    '## The matrix',
    '',
    `| learnt in \\ runs in | ${captured.map(({ short }) => short).join(' | ')} |`,
    `|---|${captured.map(() => '---|').join('')}`,
    ...captured.map((first) => {
      const cells = captured.map((second) => {
        const pair = pairs.find((one) => one.first === first && one.second === second);
        return pair ? `[${pair.shift.grade ?? '?'} ${pair.shift.score.toFixed(1)}](#${anchorOf(pair)})` : '';
      });
      return `| ${first.short} | ${cells.join(' | ')} |`;
    }),
  ];
}

const headingOf = ({ first, second }: Pair): string => `From ${first.short} to ${second.short}`;
const anchorOf = (pair: Pair): string => headingOf(pair).toLowerCase().replaceAll(' ', '-');

function section(pair: Pair): string[] {
  const { shift } = pair;
  const { grade, supportGap, findings, couldNotMeasure, unstable, hostSpeed, notes } = shift;
  const majors = findings.filter(({ severity }) => severity === 'major').length;
  const isOf = (field: string, what: string): boolean => field === what || field.startsWith(`${what}.`);
  const worst = shift.contributions
    .flatMap(({ what, follows }) =>
      findings
        .filter(({ field }) => isOf(field, what))
        .slice(0, 1)
        .map((finding) => line(finding, follows)),
    )
    .slice(0, mostShown);
  const speed = hostSpeed === null ? 'not known' : `×${hostSpeed.toFixed(2)} as long`;
  return [
    `## ${headingOf(pair)}`,
    '',
    `${grade ?? 'Insufficient data for a grade'}, ${scoreWords(shift)}, ${comparedWords(shift)}; ${findings.length} findings, ${majors} of them MAJOR; support gap ${(100 * supportGap).toFixed(0)} %; work inside, through no door, ${speed}; not measured ${couldNotMeasure.length}, unstable ${unstable.length}. What weighs most:`,
    '',
    ...worst,
    '',
    ...notes.flatMap((note) => [note, '']),
  ];
}

function line({ severity, field, from, to, usage, consequence }: Finding, follows: readonly string[]): string {
  const touched = usage === null ? '' : `; touched in ${Math.round(100 * usage)} % of runs`;
  return `- ${severity.toUpperCase()} \`${field}\` (${plainName(field) ?? 'no name'}): ${shown(from)} → ${shown(to)}${touched}; ${consequence}${follows.length === 0 ? '' : `; ${follows.length} more follow from it`}`;
}

/** One line, and no character that markdown reads. */
function shown(text: string): string {
  const plain = text.replace(/\s+/g, ' ').replaceAll('`', "'").trim();
  return plain === '' ? 'nothing' : `\`${plain.length > 90 ? `${plain.slice(0, 90)}…` : plain}\``;
}

if (import.meta.main) await writeMatrix();
