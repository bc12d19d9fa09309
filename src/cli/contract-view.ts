/** Findings, shifts and certificates on a terminal. What came out of a runtime cannot steer it: `line` gets printable text. */
import type { Certificate, Check, ContractDiff, Finding, Gate, Shift } from '../contract/index.ts';
import { type Output, printable } from './output.ts';

const mostFindings = 40;

export async function showFindings(findings: readonly Finding[], output: Output): Promise<void> {
  const { lineOf } = await import('../contract/index.ts');
  for (const finding of findings.slice(0, mostFindings)) {
    const line = printable(`${lineOf(finding)}  [${finding.fingerprint}]`);
    await output.line(finding.severity === 'major' ? output.bold(line) : line);
  }
  const rest = findings.length - mostFindings;
  if (rest > 0) await output.line(`and ${rest} more; --json has all of them`);
}

export async function showDiff(diff: ContractDiff, output: Output): Promise<void> {
  await output.line(`${diff.first.contract} → ${diff.second.contract}`);
  await showFindings(diff.open, output);
  for (const { finding, waiver } of diff.waived)
    await output.line(printable(`waived until ${waiver.expires}: ${finding.field}: ${waiver.reason}`));
  for (const { fingerprint, expires } of diff.expired)
    await output.line(`the waiver ${fingerprint} expired on ${expires}`);
  for (const { fingerprint } of diff.stale)
    await output.line(`the waiver ${fingerprint} fits nothing any more; remove it`);
  const { needed, made, enough } = diff.bump;
  await output.line('');
  await output.line(`safe(train→prod): ${diff.safe ? 'yes' : 'no'}    equal: ${diff.equal ? 'yes' : 'no'}`);
  if (made !== null)
    await output.line(`version: the changes ask for ${needed}, the step made is ${made}${enough ? '' : ': too small'}`);
}

export async function showShift(shift: Shift, output: Output): Promise<void> {
  const { gradeWords, headline, hostWords, plainName } = await import('../contract/index.ts');
  const { first, second, gradeCap, contributions, operations, couldNotMeasure, unstable, notes } = shift;
  await output.line(printable(`${first.title} → ${second.title}`));
  await output.line(output.bold(headline(shift)));
  await output.line(gradeWords(shift.grade));
  for (const note of [gradeCap, hostWords(shift), ...notes])
    if (note !== null) await output.line(output.dim(printable(note)));
  await section(output, 'What differs');
  await showFindings(shift.findings, output);
  if (shift.findings.length === 0) await output.line('nothing that was compared');
  if (contributions.length > 0) {
    await section(output, 'What the score is made of');
    await output.table(contributions.slice(0, 10), [
      { title: 'POINTS', of: ({ points }) => points.toFixed(2) },
      { title: 'WHAT', of: ({ what }) => what },
      { title: 'IN WORDS', of: ({ what }) => plainName(what) ?? '-' },
      { title: 'WITH', of: ({ follows }) => (follows.length === 0 ? '' : `${follows.length} that follow from it`) },
    ]);
  }
  if (operations.length > 0) {
    await section(output, 'Latency');
    await output.table(operations, [
      { title: 'OPERATION', of: ({ operation }) => operation },
      {
        title: 'P50',
        of: (one) => (one.verdict === 'unknown' ? '-' : `${ms(one.first.p50Ms)} → ${ms(one.second.p50Ms)}`),
      },
      {
        title: 'P99',
        of: (one) => (one.verdict === 'unknown' ? '-' : `${ms(one.first.p99Ms)} → ${ms(one.second.p99Ms)}`),
      },
      { title: 'RATIO', of: ({ ratio }) => times(ratio) },
      { title: 'NOTICED FROM', of: ({ minimumDetectable }) => times(minimumDetectable) },
      { title: 'VERDICT', of: verdictOf },
    ]);
  }
  for (const [title, entries] of [
    ['Could not be measured', couldNotMeasure],
    ['Not stable, so not compared', unstable],
  ] as const) {
    if (entries.length === 0) continue;
    await section(output, title);
    for (const { what, reason } of entries.slice(0, 12))
      await output.line(printable(`${what}: ${reason.slice(0, 160)}`));
    if (entries.length > 12) await output.line(`and ${entries.length - 12} more`);
  }
}

function verdictOf({ verdict, tail, timeouts, errors }: Shift['operations'][number]): string {
  const words = [
    verdict === 'same' || verdict === 'unknown' ? '' : verdict,
    tail?.differs ? 'tail' : '',
    timeouts.differs ? 'time-outs' : '',
    errors.differs ? 'errors' : '',
  ].filter((word) => word !== '');
  return words.length === 0 ? 'same' : words.join(', ');
}

const times = (ratio: number | null): string => (ratio === null ? '-' : `×${ratio.toFixed(2)}`);

function ms(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

async function section(output: Output, title: string): Promise<void> {
  await output.line('');
  await output.line(output.bold(title));
}

export async function showCertificate(certificate: Certificate, output: Output): Promise<void> {
  const { contract, target, verdict, checks, excluded, expiresAt } = certificate;
  const open = checks.filter((check) => check.verdict !== 'pass');
  await output.line(printable(`${contract.name} on ${target.title}`));
  await output.line(
    output.bold(
      `${verdict}: ${checks.length - open.length} of ${checks.length} checks pass, valid until ${expiresAt.slice(0, 10)}`,
    ),
  );
  for (const check of open.slice(0, mostFindings)) await output.line(printable(lineOfCheck(check)));
  if (open.length > mostFindings) await output.line(`and ${open.length - mostFindings} more; the page has all of them`);
  if (excluded.length > 0)
    await output.line(output.dim(`no check covers ${excluded.length} promises; the page names them`));
}

function lineOfCheck({ verdict, level, id, wanted, got, note }: Check): string {
  const short = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 120);
  return `${verdict.toUpperCase()} ${id} (${level}) · wanted ${short(wanted)}, got ${short(got)}${note === '' ? '' : ` · ${short(note)}`}`;
}

export async function showGate(gate: Gate, output: Output): Promise<void> {
  await output.line(output.bold(gate.ship ? 'yes, ship' : 'no, do not ship'));
  for (const reason of gate.reasons) await output.line(printable(`  against: ${reason}`));
  for (const line of gate.evidence) await output.line(printable(`  ${line}`));
}
