/** A recording for people: one line per step, with what it called, how it ended, and what it changed. */
import type { EventOf, HoldfastService, RecordedFailure, RecordingEvent, RecordingInfo } from '../schema/index.ts';
import { formatDuration } from './output.ts';

const longestCall = 60;
const mostPaths = 3;
const pageSize = 1000;

export async function* eventsOf(
  service: HoldfastService,
  ref: string,
): AsyncGenerator<RecordingEvent, void, undefined> {
  let after = 0;
  for (;;) {
    const { items, nextCursor } = await service.recordingEvents(ref, { after, limit: pageSize });
    yield* items;
    if (nextCursor === null) return;
    after = Number(nextCursor);
  }
}

export function failuresLine(failures: RecordingInfo['failures']): string {
  const some = Object.entries(failures).filter(([, count]) => count > 0);
  return some.map(([cause, count]) => `${count} ${cause}`).join(', ') || '-';
}

type Events = AsyncIterable<RecordingEvent> | Iterable<RecordingEvent>;

/** Lines of the timeline, which is all that is held of it. What belongs to a step and comes later (changes, snapshots) stands in its line. */
export async function timeline(events: Events): Promise<string[]> {
  const lines: (string | { before: string; step: number })[] = [];
  const later: Later = {
    ends: new Map(),
    starts: new Set(),
    started: new Map(),
    changes: new Map(),
    snapshots: new Set(),
  };
  let startMs: number | null = null;
  for await (const event of events) {
    startMs ??= event.atMs;
    const before = `${at(event.atMs - startMs)}  `;
    learn(event, later);
    if (event.type === 'step-begun') lines.push({ before: before + begunLine(event), step: event.step });
    else {
      const line = lineOf(event);
      if (line !== null) lines.push(before + line);
    }
  }
  return lines.map((line) => (typeof line === 'string' ? line : line.before + endedLine(line.step, later).trimEnd()));
}

const at = (ms: number): string => `+${formatDuration(Math.max(0, ms))}`.padStart(9);

interface Later {
  ends: Map<number, { how: string; facts: string[] }>;
  /** Steps that only start programs, and whose each of those is. */
  starts: Set<number>;
  started: Map<string, number>;
  changes: Map<number, EventOf<'files-changed'>>;
  snapshots: Set<number>;
}

function learn(event: RecordingEvent, later: Later): void {
  const { ends, changes, snapshots } = later;
  learnOfPrograms(event, later);
  if (event.type === 'snapshot-taken') snapshots.add(event.step);
  // Since the step before, and of several of those the last: others are for who does it again.
  if (event.type === 'files-changed' && event.after >= (changes.get(event.step)?.after ?? 0))
    changes.set(event.step, event);
  if (event.type !== 'step-ended') return;
  const cause = event.cause ? `${event.cause} (${event.causeRule})` : '';
  // A program that was started may have ended already.
  if (event.ok && ends.has(event.step)) return;
  ends.set(event.step, { how: outcomeOf(event), facts: [formatDuration(event.durationMs), cause] });
}

/** A step that only started a program ends, for who looks, as that does. */
function learnOfPrograms(event: RecordingEvent, { ends, starts, started }: Later): void {
  if (event.type === 'step-begun' && event.name === startVerb) starts.add(event.step);
  if (event.type === 'process-started' && event.step !== null && starts.has(event.step))
    started.set(event.processId, event.step);
  if (event.type !== 'process-ended') return;
  const step = started.get(event.processId);
  if (step === undefined) return;
  ends.set(step, { how: endOf(event.exit), facts: [formatDuration(event.exit.durationMs), event.cause ?? ''] });
}

/** Its answer says that a program runs; how that ends is told apart. */
export const startVerb = 'start-process';

export function endOf({ reason, exitCode, signal }: EventOf<'process-ended'>['exit']): string {
  if (reason === 'exited') return `exited ${exitCode}`;
  return signal === null ? reason : `${reason} ${signal}`;
}

const marks = { added: '+', modified: '~', deleted: '-', mode: '%' } as const;

function changesLine({ changes, more }: Pick<EventOf<'files-changed'>, 'changes' | 'more'>): string {
  const shown = changes.slice(0, mostPaths).map(({ kind, path }) => `${marks[kind]}${path}`);
  const rest = changes.length - shown.length + more;
  return rest > 0 ? `${shown.join(' ')} and ${rest} more` : shown.join(' ');
}

function lineOf(event: RecordingEvent): string | null {
  switch (event.type) {
    case 'recording-begun':
      return event.resumed
        ? `taken up again after the daemon's end${event.cutBytes > 0 ? `, ${event.cutBytes} bytes of half an event cut` : ''}`
        : 'recording begins';
    case 'model-call':
      return `   model ${event.model}${tokensOf(event)}${event.durationMs === null ? '' : `  ${formatDuration(event.durationMs)}`}`;
    case 'process-ended':
      return null;
    case 'fault':
      return `   fault ${event.fault} (${event.means}, effect ${event.effect})${event.step === null ? '' : ` in step ${event.step}`}`;
    case 'lifecycle':
      return `   ${event.what}`;
    case 'network-flow':
      return `   network ${flowLine(event.flow)}${causeOf(event)}`;
    case 'snapshot-failed':
      return `   no snapshot after step ${event.step}: ${event.failure.message}${causeOf(event)}`;
    case 'gap':
      return `   ${event.lostEvents} events were lost: ${event.reason}`;
    case 'approval':
      return `   ${event.decision} by ${event.by}: ${event.about}`;
    case 'verdict':
      return `   verdict ${event.verdict}${event.score === null ? '' : ` (${event.score})`} by ${event.by}${event.detail ? `: ${event.detail}` : ''}`;
    case 'note':
      return `   ${event.by}: ${event.text}`;
    case 'recording-ended':
      return `recording ends: ${event.reason}`;
    default:
      return null;
  }
}

/** Whose doing it is, where it failed. */
const causeOf = ({ cause }: { cause?: string | null }): string => (cause ? ` (${cause})` : '');

function begunLine({ step, name, input }: EventOf<'step-begun'>): string {
  return `${String(step).padStart(3)}  ${`${name} ${callOf(input)}`.slice(0, longestCall).padEnd(longestCall)}  `;
}

function endedLine(step: number, { ends, changes, snapshots }: Later): string {
  const { how, facts } = ends.get(step) ?? { how: 'under way', facts: [] };
  const told = [
    ...facts,
    changesLine(changes.get(step) ?? { changes: [], more: 0 }),
    snapshots.has(step) ? 'snapshot' : '',
  ];
  return `${how.padEnd(14)}  ${told.filter((fact) => fact !== '').join('  ')}`;
}

/** What is most telling of an input: a command, an argv, a path. */
function callOf({ text }: EventOf<'step-begun'>['input']): string {
  if (text === undefined) return '(large)';
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return text;
  const fields = new Map<string, unknown>(Object.entries(value));
  const argv = fields.get('argv');
  if (Array.isArray(argv)) return oneLine(argv.join(' '));
  const said = ['action', 'session', 'command', 'path', 'from', 'to', 'processId', 'signal'].flatMap((name) => {
    const word = fields.get(name);
    return typeof word === 'string' ? [word] : [];
  });
  return oneLine(said.length > 0 ? said.join(' ') : text);
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

function outcomeOf({ ok, failure, output }: EventOf<'step-ended'>): string {
  if (!ok) return codeOf(failure);
  const text = output?.text;
  const value: unknown = text === undefined ? null : JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('reason' in value)) return 'ok';
  const { reason } = value;
  const status = 'exitCode' in value ? value.exitCode : null;
  return reason === 'exited' ? `exited ${String(status)}` : String(reason);
}

const codeOf = (failure: RecordedFailure | null): string => failure?.code ?? 'failed';

function tokensOf({ usage }: EventOf<'model-call'>): string {
  const { inputTokens, outputTokens } = usage;
  return inputTokens === null && outputTokens === null ? '' : `  ${inputTokens ?? '?'} in, ${outputTokens ?? '?'} out`;
}

function flowLine(flow: Record<string, unknown>): string {
  const word = (name: string): string => (flow[name] === null || flow[name] === undefined ? '' : String(flow[name]));
  const decision = flow['decision'];
  const isAllowed = typeof decision === 'object' && decision !== null && 'allowed' in decision && decision.allowed;
  return [
    word('method'),
    `${word('host')}:${word('port')}${word('path')}`,
    word('status'),
    isAllowed ? '' : 'denied',
    word('error'),
  ]
    .filter((part) => part !== '')
    .join(' ');
}
