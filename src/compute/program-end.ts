/** How a program that comes with a template ended, in words: for whoever has to mend it. */
import type { ExecResult } from '../schema/index.ts';

const [mostLines, longestLine] = [12, 300];

/** @param lateMs what it had, together with others of its kind */
export function howItEnded(
  { reason, exitCode, signal }: Pick<ExecResult, 'reason' | 'exitCode' | 'signal'>,
  lateMs: number,
): string {
  if (reason === 'timed-out') return `was not through within ${lateMs / 1000} s, which all of them have together`;
  const how = signal === null ? `with status ${exitCode}` : `by ${signal}`;
  return reason === 'exited' || reason === 'signalled' ? `ended ${how}` : `ended ${how} (${reason})`;
}

/** The guest's own words end up on terminals and in logs: short, and without control characters. */
export function lastLines(output: Uint8Array): string[] {
  const lines = Buffer.from(output)
    .toString('utf8')
    .split(/[\r\n]+/);
  const said = lines.map((line) => line.replace(/\p{Cc}|\p{Cf}/gu, '?').trimEnd()).filter((line) => line !== '');
  return said.slice(-mostLines).map((line) => line.slice(-longestLine));
}
