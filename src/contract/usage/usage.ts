/**
 * How often recorded runs touch each field: what decides whether a difference matters to anybody.
 *
 * A recording is a file of one run, a JSON object per line: `{ "tool": "shell", "input": { "command": … }, "output": … }`.
 * A share is of runs, not of calls: a field that one long run touches a hundred times matters to one run.
 */
import { z } from 'zod';
import { HoldfastError } from '../../schema/index.ts';
import { fieldOf, fieldRegistry } from '../fields/index.ts';
import { always, type Touch, touches } from './touches.ts';

const callSchema = z.looseObject({
  tool: z.string().max(128),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
});
type RecordedCall = z.output<typeof callSchema>;

export interface Usage {
  runs: number;
  calls: number;
  /** Field, operation or tool (`tools.shell`) to the share of runs that touch it; absent is none. */
  touched: Record<string, number>;
}

export interface Recording {
  name: string;
  text: string;
}

/** @throws HoldfastError `invalid-argument` with file and line of what is no call */
export function usageOf(recordings: readonly Recording[]): Usage {
  const counts = new Map<string, number>();
  let calls = 0;
  for (const recording of recordings) {
    const run = readRun(recording);
    calls += run.length;
    for (const what of touchedBy(run)) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const shares = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    runs: recordings.length,
    calls,
    touched: Object.fromEntries(shares.map(([what, count]) => [what, count / recordings.length])),
  };
}

/** For the comparisons: a share for what was recorded, null where nothing was. */
export function usageLookup(usage: Usage | null): (what: string) => number | null {
  if (usage === null || usage.runs === 0) return () => null;
  return (what) => {
    const names = what.split('.');
    // Of `tools.shell.arguments.cwd`, the tool; of `latency.exec.noop.class`, the operation; of `messages.x`, the field.
    const tries = [
      what,
      what.replace(/^messages\./, ''),
      ...names.map((_, at) => names.slice(0, at).join('.')).slice(2),
    ];
    return Math.max(0, ...tries.map((name) => usage.touched[name] ?? 0));
  };
}

function readRun({ name, text }: Recording): RecordedCall[] {
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    const parsed = callSchema.safeParse(parseLine(line));
    if (parsed.success) return [parsed.data];
    throw new HoldfastError('invalid-argument', `${name}:${at + 1}: this is no recorded call`, {
      hint: 'A recording has a JSON object per line, with "tool", "input" and "output".',
      details: { file: name, line: at + 1 },
    });
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function touchedBy(run: readonly RecordedCall[]): Set<string> {
  const touched = new Set<string>(run.length > 0 ? always : []);
  for (const { tool, input, output } of run) {
    touched.add(`tools.${tool}`);
    const [command, printed] = [textOf(input, 'command'), textOf(output, null)];
    for (const touch of touches) if (isTouched(touch, command, printed)) for (const id of touch.fields) touched.add(id);
    for (const id of programsIn(command)) touched.add(id);
    for (const id of answersIn(output)) touched.add(id);
    if (tool === 'files') for (const id of fileFields) touched.add(id);
  }
  return touched;
}

const fileFields = [
  ...['tools.file.bytes', 'tools.file.parents', 'tools.file.mode', 'tools.file.overwrites', 'tools.file.missing'],
  ...['latency.file.write-small', 'latency.file.read-small'],
];

function isTouched({ command, output }: Touch, given: string, printed: string): boolean {
  return (command?.test(given) ?? false) || (output?.test(printed) ?? false);
}

/** `userland.tar` is touched by whoever runs tar. */
function programsIn(command: string): string[] {
  const words = new Set(command.match(/[A-Za-z][\w.-]*/g) ?? []);
  return [...words].map((word) => `userland.${word}`).filter((id) => fieldOf(id) !== null);
}

/** What the shape of an answer shows: that time ran out, or that output was cut. */
function answersIn(output: unknown): string[] {
  if (typeof output !== 'object' || output === null) return [];
  const facts = new Map(Object.entries(output));
  const begins = (prefix: string): string[] => fieldRegistry.map(({ id }) => id).filter((id) => id.startsWith(prefix));
  const cut = Number(facts.get('stdoutCutBytes') ?? 0) + Number(facts.get('stderrCutBytes') ?? 0);
  return [
    ...(facts.get('reason') === 'timed-out' ? begins('exec.timeout.') : []),
    ...(cut > 0 ? begins('exec.output.') : []),
    ...(facts.get('exitCode') === 127 ? ['exec.not-found', 'shell.command-not-found'] : []),
    ...(facts.get('exitCode') === 126 ? ['exec.not-executable', 'shell.not-executable'] : []),
  ];
}

const mostText = 256 * 1024;

function textOf(value: unknown, key: string | null): string {
  if (typeof value === 'string') return value.slice(0, mostText);
  if (typeof value !== 'object' || value === null) return '';
  const texts = Object.entries(value).filter(([name, inner]) => typeof inner === 'string' && (!key || name === key));
  return texts
    .map(([, inner]) => String(inner))
    .join('\n')
    .slice(0, mostText);
}
