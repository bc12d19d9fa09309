/**
 * Files of a whole run that failed and are run once more, alone. Real machines on two busy processors miss a deadline once
 * in some thousand tests; a product that is broken fails the second time too, and one that fails in many places is not
 * asked again. What passed only then is told by name, never hidden (docs/decisions/0009-a-second-run-that-is-told.md).
 */
import type { RunReport } from './must-run.ts';

/** More than so many files, and it is no accident. */
const mostFiles = 3;

/** Empty when there is nothing to run again. */
export function runAgain({ testResults }: RunReport): string[] {
  const failed = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' || assertionResults.some((one) => one.status === 'failed'),
  );
  return failed.length <= mostFiles ? failed.map(({ name }) => name) : [];
}

/** What was not steady, by file and name, for the end of the run. */
export function unsteady({ testResults }: RunReport, root: string): string[] {
  const again = new Set(runAgain({ testResults }));
  return testResults
    .filter(({ name }) => again.has(name))
    .flatMap(({ name, assertionResults }) => {
      const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name;
      const names = assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName }) => `${file}: ${fullName}`);
      return names.length > 0 ? names : [file];
    });
}
