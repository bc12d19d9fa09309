/** A certificate as JUnit, for whatever shows tests in CI: it fails there exactly where `contract verify` does not leave with 0. */
import { escaped } from '../report/markup.ts';
import type { Certificate } from './certificate.ts';
import type { Check } from './verdicts.ts';

export function junitOf({ contract, target, checks, verdict, issuedAt }: Certificate): string {
  const outcomes = checks.map((check) => ({ check, tag: tagOf(check) }));
  // Where nothing was checked, that is what is wrong.
  const isSilent = verdict !== 'pass' && !outcomes.some(({ tag }) => tag === 'failure' || tag === 'error');
  const cases = outcomes.map(({ check, tag }) => caseOf(check, tag));
  if (isSilent) cases.push(nothingChecked(verdict));
  const count = (of: Tag): number => outcomes.filter(({ tag }) => tag === of).length;
  const head = `name="${escaped(contract.name)} on ${escaped(target.title)}" tests="${cases.length}" failures="${count('failure')}" errors="${count('error') + (isSilent ? 1 : 0)}" skipped="${count('skipped')}" timestamp="${issuedAt}"`;
  const body = cases.map((one) => `  ${one}\n`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n<testsuite ${head}>\n${body}</testsuite>\n</testsuites>\n`;
}

type Tag = 'failure' | 'error' | 'skipped' | null;

/** Not known is an error: CI must not take it for kept. Of what is not there, only a range is excused. */
function tagOf({ level, verdict }: Check): Tag {
  switch (verdict) {
    case 'pass':
      return null;
    case 'fail':
    case 'flaky':
      return 'failure';
    case 'unsupported':
      return level === 'promise' ? 'failure' : 'skipped';
    case 'harness-error':
    case 'insufficient-data':
      return 'error';
  }
}

function caseOf({ id, level, verdict, wanted, got, note }: Check, tag: Tag): string {
  const [section = id] = id.split('.');
  const open = `<testcase classname="${escaped(section)}" name="${escaped(id)} (${level})">`;
  const text = escaped(`wanted ${wanted}, got ${got}${note === '' ? '' : `: ${note}`}`);
  if (tag === null) return `${open}</testcase>`;
  if (tag === 'skipped') return `${open}<skipped message="${verdict}: ${text}"></skipped></testcase>`;
  return `${open}<${tag} type="${verdict}" message="${text}"></${tag}></testcase>`;
}

function nothingChecked(verdict: Certificate['verdict']): string {
  return `<testcase classname="contract" name="anything"><error type="${verdict}" message="nothing that counts was checked"></error></testcase>`;
}
