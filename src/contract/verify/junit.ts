/** A certificate as JUnit, for whatever shows tests in CI. */
import { escaped } from '../report/markup.ts';
import type { Certificate } from './certificate.ts';
import type { Check } from './verdicts.ts';

export function junitOf({ contract, target, checks, issuedAt }: Certificate): string {
  const count = (of: (check: Check) => boolean): number => checks.filter(of).length;
  const failures = count(({ verdict }) => verdict === 'fail' || verdict === 'flaky');
  const errors = count(({ verdict }) => verdict === 'harness-error');
  const skipped = count(({ verdict }) => verdict === 'unsupported' || verdict === 'insufficient-data');
  const head = `name="${escaped(contract.name)} on ${escaped(target.title)}" tests="${checks.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" timestamp="${issuedAt}"`;
  const cases = checks.map((check) => `  ${caseOf(check)}\n`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n<testsuite ${head}>\n${cases}</testsuite>\n</testsuites>\n`;
}

function caseOf({ id, level, verdict, wanted, got, note }: Check): string {
  const [section = id] = id.split('.');
  const open = `<testcase classname="${escaped(section)}" name="${escaped(id)} (${level})">`;
  const text = escaped(`wanted ${wanted}, got ${got}${note === '' ? '' : `: ${note}`}`);
  switch (verdict) {
    case 'pass':
      return `${open}</testcase>`;
    case 'fail':
    case 'flaky':
      return `${open}<failure type="${verdict}" message="${text}"></failure></testcase>`;
    case 'harness-error':
      return `${open}<error type="${verdict}" message="${text}"></error></testcase>`;
    case 'unsupported':
    case 'insufficient-data':
      return `${open}<skipped message="${verdict}: ${text}"></skipped></testcase>`;
  }
}
