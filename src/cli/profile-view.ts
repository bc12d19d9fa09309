/** A profile for people. All of its text once came out of a runtime, so nothing of it reaches a terminal unprinted. */
import { fieldOf, type Observation, type Profile, type Sample } from '../contract/index.ts';
import { formatDuration, type Output, printable } from './output.ts';

export interface View {
  file: string;
  /** Only the first lines: after a capture. */
  brief?: boolean;
  fields?: boolean;
}

export async function showProfile(
  profile: Profile,
  output: Output,
  { file, brief = false, fields = false }: View,
): Promise<void> {
  if (output.json) return output.document(brief ? summaryOf(profile, file) : profile);
  for (const line of headOf(profile)) await output.line(printable(line));
  if (brief) return output.hint(`next: holdfast profile show ${file}`);
  for (const line of bodyOf(profile)) await output.line(printable(line));
  await output.table(timesOf(profile), [
    { title: 'OPERATION', of: ({ operation }) => operation },
    { title: 'SAMPLES', of: ({ samples }) => String(samples.length) },
    { title: 'MEDIAN', of: ({ samples }) => quantile(samples, 0.5) },
    { title: 'P90', of: ({ samples }) => quantile(samples, 0.9) },
    {
      title: 'TIMED OUT',
      of: ({ samples }) => String(samples.filter(({ outcome }) => outcome === 'timed-out').length),
    },
  ]);
  if (fields)
    await output.table(profile.observations, [
      { title: 'FIELD', of: ({ id }) => id },
      { title: 'SEEN', of: (seen) => textOf(seen).replaceAll('\n', '\\n').slice(0, 200) },
    ]);
}

function summaryOf(profile: Profile, file: string): Record<string, unknown> {
  const { digest, target, complete, sessions, suite } = profile;
  const outcomes = sessions.map(({ index, outcome, troubles }) => ({ index, outcome, troubles }));
  return { file, digest, target, suite, complete, fields: countsOf(profile), sessions: outcomes };
}

function headOf(profile: Profile): string[] {
  const { target, sessions, plan, complete, digest } = profile;
  const counts = countsOf(profile);
  const whole = sessions.filter(({ outcome }) => outcome === 'complete').length;
  const troubles = sessions.flatMap((session) =>
    session.troubles.map((trouble) => ({ session: session.index, ...trouble })),
  );
  return [
    `${target.title}${complete ? '' : ' (incomplete)'}`,
    `  ${whole} of ${plan.sessions} sessions complete, ${plan.rounds} rounds each; ${profile.startedAt} to ${profile.endedAt}`,
    `  ${counts.seen} fields seen, ${counts.unstable} unstable, ${counts.unmeasured} could not be measured`,
    `  ${digest}`,
    ...troubles
      .slice(0, 10)
      .map(
        ({ session, side, code, message, during }) =>
          `  session ${session + 1}, ${during}: ${side}, ${code}: ${message}`,
      ),
  ];
}

function bodyOf({ observations, latency }: Profile): string[] {
  const unstable = observations.flatMap((seen) => (seen.kind === 'unstable' ? [seen] : []));
  const reasons = new Map<string, string[]>();
  for (const seen of observations)
    if (seen.kind === 'could-not-measure') reasons.set(seen.reason, [...(reasons.get(seen.reason) ?? []), seen.id]);
  return [
    ...(unstable.length > 0 ? ['', 'Unstable: readings differed, so these are never compared'] : []),
    ...unstable.map(
      ({ id, seen }) =>
        `  ${id} (${fieldOf(id)?.name ?? ''}): ${seen.map(({ reading, times }) => `${oneLine(reading)} ×${times}`).join(' | ')}`,
    ),
    ...(reasons.size > 0 ? ['', 'Could not be measured'] : []),
    ...[...reasons].map(([reason, ids]) => `  ${oneLine(reason)}: ${ids.join(', ')}`),
    ...latency.unmeasured.map(({ operation, reason }) => `  ${oneLine(reason)}: ${operation}`),
    '',
    `Times at the prober${latency.insideClock === 'none' ? '' : `; inside by ${latency.insideClock}`}`,
  ];
}

function countsOf({ observations }: Profile): { seen: number; unstable: number; unmeasured: number } {
  const of = (kind: Observation['kind']): number => observations.filter((seen) => seen.kind === kind).length;
  const [unstable, unmeasured] = [of('unstable'), of('could-not-measure')];
  return { seen: observations.length - unstable - unmeasured, unstable, unmeasured };
}

function timesOf({ latency }: Profile): { operation: string; samples: Sample[] }[] {
  const byOperation = Map.groupBy(latency.series, ({ operation }) => operation);
  return [...byOperation].map(([operation, series]) => ({
    operation,
    samples: series.flatMap(({ samples }) => samples),
  }));
}

function quantile(samples: readonly Sample[], at: number): string {
  const times = samples.map(({ clientMs }) => clientMs).sort((a, b) => a - b);
  const time = times[Math.min(times.length - 1, Math.floor(at * times.length))];
  return time === undefined ? '-' : formatDuration(time);
}

function textOf(seen: Observation): string {
  switch (seen.kind) {
    case 'value':
      return seen.value;
    case 'set':
      return seen.members.join(', ');
    case 'list':
      return seen.items.join(', ');
    case 'template':
      return seen.template;
    case 'unstable':
      return `unstable: ${seen.seen.map(({ reading }) => reading).join(' | ')}`;
    case 'could-not-measure':
      return `could not be measured: ${seen.reason}`;
  }
}

const oneLine = (text: string): string => text.replaceAll('\n', '\\n').slice(0, 160);
