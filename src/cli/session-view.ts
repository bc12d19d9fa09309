/** Sessions and their logs for a person: what agents say on stdout, what they do on stderr. */
import type { Session, SessionEntry } from '../schema/index.ts';
import { type Output, printable } from './output.ts';

const longestInput = 100;

/** What a session says, as it goes. */
export async function printEntry({ kind, session, position, data }: SessionEntry, output: Output): Promise<void> {
  const line = (text: string): Promise<void> => output.hint(`${String(position).padStart(4)}  ${text}`);
  switch (kind) {
    case 'started':
      return line(`started: ${short(data['message'])}`);
    case 'received':
      return printReceived(String(data['event']), data['data'], output, line);
    case 'intent':
      return data['name'] === 'tool' ? line(`calls ${short(data['request'])}`) : undefined;
    case 'outcome':
      return data['name'] === 'model' ? printAnswer(data, output, line) : line(toolLine(data));
    case 'delegated':
      return line(`delegates to ${String(data['to'])}: ${short(data['task'])} (${String(data['child'])})`);
    case 'approval-asked':
      return line(
        `waits for an approval of ${String(data['tool'])} ${short(data['input'])}; holdfast session approve ${session}.${position}`,
      );
    case 'waiting':
      return line(waitingLine(data));
    case 'ended':
      return line(data['ok'] === true ? 'ended' : `ended: ${short(data['error'])}`);
    default:
      return line(`${kind} ${Object.keys(data).length > 0 ? short(data) : ''}`.trimEnd());
  }
}

/** What an agent below answered is somebody's word; other events are things that happened. */
async function printReceived(
  event: string,
  data: unknown,
  output: Output,
  line: (text: string) => Promise<void>,
): Promise<void> {
  const { agent, outcome } = fieldsOf(data);
  const { text } = fieldsOf(fieldsOf(outcome)['output']);
  if (!event.startsWith('child:') || typeof text !== 'string') return line(`${event}: ${short(data)}`);
  await output.line(printable(`${String(agent)}: ${text}`));
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

async function printAnswer(
  { ok, content, error }: Record<string, unknown>,
  output: Output,
  line: (text: string) => Promise<void>,
): Promise<void> {
  if (ok !== true) return line(`no answer: ${short(error)}`);
  for (const part of Array.isArray(content) ? content : []) {
    const { text, tool, input } = fieldsOf(part);
    const said = tool === 'ask' ? fieldsOf(input)['question'] : text;
    if (typeof said === 'string') await output.line(printable(said));
  }
}

function waitingLine({ events, until }: Record<string, unknown>): string {
  const awaited = Array.isArray(events) && events.length > 0 ? ` for ${events.join(', ')}` : '';
  return `waits${awaited}${typeof until === 'string' ? ` until ${until}` : ''}`;
}

function toolLine({ tool, ok, output, error }: Record<string, unknown>): string {
  return `${String(tool)} ${ok === true ? `-> ${short(output)}` : `was refused or failed: ${short(error)}`}`;
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const line = text.replace(/\s+/g, ' ');
  return line.length > longestInput ? `${line.slice(0, longestInput)}…` : line;
}

/** What it answered, or why it did not. */
export function outcomeLine({ outcome, waitsFor, state }: Session): string {
  if (outcome === null) return waitsFor.length > 0 ? `waits for ${waitsFor.join(', ')}` : state;
  if (!outcome.ok) return `${outcome.error.code}: ${outcome.error.message}`;
  const text: unknown = Reflect.get(Object(outcome.output), 'text');
  return typeof text === 'string' ? text : JSON.stringify(outcome.output);
}
