/** How commands end, what is said of it, and what becomes of their output. */
import type { TargetResult } from '../../src/contract/index.ts';
import type { Mutation } from './mutation.ts';
import { answering, behind, bytesOf, onExec, refusing, result, textOf, type Wrap } from './wrap.ts';

/** 128 and the signal's number, as shells say it. */
const numbers: Readonly<Record<string, number>> = { SIGKILL: 9, SIGTERM: 15, SIGSEGV: 11 };
const mapped = (change: (text: string) => string): Wrap =>
  answering((answer) => ({ ...answer, stdout: bytesOf(change(textOf(answer.stdout))) }));
const cutAt = (bytes: number, cut: (text: string) => string): Wrap =>
  mapped((text) => (text.length <= bytes ? text : cut(text)));

/** `timeout` inside instead of the runtime's own limit, which comes long after it. */
const limitedBy = (...words: string[]): Wrap =>
  onExec((run) => async (request, signal) => {
    const { command, timeoutMs } = request;
    if (typeof command !== 'string' || timeoutMs > 5000) return run(request, signal);
    const limit = ['timeout', ...words, `${timeoutMs / 1000}`, 'sh', '-c', command];
    const answer = await run({ ...request, command: limit, timeoutMs: timeoutMs + 10_000 }, signal);
    const isUp = answer.exitCode === 124 || answer.exitCode === 137 || answer.signal === 'SIGKILL';
    return isUp ? { ...answer, exitCode: null, signal: null, timedOut: true } : answer;
  });

const timeUp = (change: (answer: TargetResult) => Partial<TargetResult>): Wrap =>
  answering((answer) => (answer.timedOut ? { ...answer, ...change(answer) } : answer));

export const ends: readonly Mutation[] = [
  {
    id: 'timeout-status-124',
    what: 'a command that ran out of time leaves with 124',
    names: ['exec.timeout.status', 'exec.timeout.text'],
    wrap: timeUp(() => ({ timedOut: false, exitCode: 124, signal: null })),
  },
  {
    id: 'timeout-is-success',
    what: 'a command that ran out of time leaves with 0',
    names: ['exec.timeout.status', 'exec.timeout.text'],
    wrap: timeUp(() => ({ timedOut: false, exitCode: 0, signal: null })),
  },
  {
    id: 'timeout-says-something',
    what: 'a message on stderr when time runs out',
    names: ['exec.timeout.text'],
    wrap: timeUp(() => ({ stderr: bytesOf('Error: command timed out and was aborted\n') })),
  },
  {
    id: 'timeout-spares-the-tree',
    what: 'time out ends the command and none of its children',
    names: ['exec.timeout.kills', 'exec.timeout.'],
    wrap: limitedBy('--foreground', '-s', 'KILL'),
  },
  {
    id: 'timeout-without-warning',
    what: 'time out is SIGKILL at once',
    names: ['exec.timeout.warning', 'exec.timeout.'],
    wrap: limitedBy('-s', 'KILL'),
  },
  {
    id: 'timeout-loses-output',
    what: 'what was printed before time ran out is lost',
    names: ['exec.timeout.output'],
    wrap: timeUp(() => ({ stdout: new Uint8Array() })),
  },
  {
    id: 'status-missing',
    what: 'no status comes with a failure',
    names: ['exec.status.ordinary', 'exec.', 'tools.'],
    wrap: answering((answer) => (answer.exitCode === 0 ? answer : { ...answer, exitCode: null })),
    quick: true,
  },
  {
    id: 'status-missing-is-0',
    what: 'a command that was ended by a signal leaves with 0',
    names: ['exec.status.kill', 'exec.status.', 'exec.timeout.'],
    wrap: answering((answer) => (answer.signal === null ? answer : { ...answer, exitCode: 0, signal: null })),
    quick: true,
  },
  {
    id: 'signals-as-numbers',
    what: 'a signal is told as 128 and its number',
    names: ['exec.status.kill', 'exec.status.', 'exec.timeout.'],
    wrap: answering((answer) =>
      answer.signal === null ? answer : { ...answer, exitCode: 128 + (numbers[answer.signal] ?? 0), signal: null },
    ),
    quick: true,
  },
  {
    id: 'not-found-says-otherwise',
    what: 'a program that is not there is told in other words',
    names: ['exec.not-found'],
    wrap: refusing((_, said) => said.replace(/no-such-program/, 'stat no-such-program: no such file')),
    quick: true,
  },
  {
    id: 'not-found-is-127',
    what: 'a program that is not there is a status, not a refusal',
    names: ['exec.not-found', 'exec.not-executable', 'exec.directory', 'exec.missing-cwd'],
    wrap: refusing(() => result(127, 'exec failed: executable file not found in $PATH\n')),
    quick: true,
  },
  {
    id: 'streams-merged',
    what: 'stderr comes in stdout',
    names: ['exec.streams', 'exec.', 'tools.', 'shell.'],
    wrap: behind('sh', '-c', 'exec 2>&1; exec "$@"', 'sh'),
    quick: true,
  },
  {
    id: 'stderr-lost',
    what: 'stderr is thrown away',
    names: ['exec.streams', 'exec.', 'shell.'],
    wrap: answering((answer) => ({ ...answer, stderr: new Uint8Array() })),
    quick: true,
  },
  {
    id: 'output-head-only',
    what: 'of long output only the beginning is kept',
    names: ['exec.output.strategy', 'exec.output.large', 'exec.output.marker'],
    wrap: cutAt(200_000, (text) => text.slice(0, 200_000)),
  },
  {
    id: 'output-tail-only',
    what: 'of long output only the end is kept',
    names: ['exec.output.strategy', 'exec.output.large', 'exec.output.marker'],
    wrap: cutAt(200_000, (text) => text.slice(-200_000)),
  },
  {
    id: 'output-cap-lower',
    what: 'less of long output is kept, by the same rule',
    names: ['exec.output.large'],
    wrap: cutAt(400_000, (text) => text.slice(0, 200_000) + text.slice(-200_000)),
  },
  {
    id: 'output-marked',
    what: 'a line in the output says where it was cut',
    names: ['exec.output.marker'],
    wrap: cutAt(1_000_000, (text) => {
      const half = text.lastIndexOf('\n', text.length / 2) + 1;
      return `${text.slice(0, half)}[... output truncated ...]\n${text.slice(half)}`;
    }),
  },
  {
    id: 'output-text-only',
    what: 'bytes that are no text are replaced',
    names: ['exec.output.binary', 'exec.output.', 'exec.arguments', 'exec.environment-passed', 'exec.stdin.'],
    wrap: answering((answer) => ({
      ...answer,
      stdout: new TextEncoder().encode(new TextDecoder().decode(answer.stdout)),
    })),
    quick: true,
  },
  {
    id: 'output-trimmed',
    what: 'line ends at the edges of output are removed',
    names: ['exec.output.line-ends', 'exec.'],
    wrap: mapped((text) => text.trim()),
    quick: true,
  },
  {
    id: 'output-colourless',
    what: 'escapes are taken out of output',
    names: ['exec.output.escapes', 'exec.output.'],
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what an escape is.
    wrap: mapped((text) => text.replace(/\u001b\[[0-9;]*m/g, '')),
    quick: true,
  },
  {
    id: 'stdin-translated',
    what: 'line ends in stdin are changed on the way',
    names: ['exec.stdin.passed'],
    wrap: onExec((run) => (request, signal) => {
      const { stdin } = request;
      if (stdin === undefined) return run(request, signal);
      return run({ ...request, stdin: bytesOf(textOf(stdin).replaceAll('\n', '\r\n')) }, signal);
    }),
  },
];
