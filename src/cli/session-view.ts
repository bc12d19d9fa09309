/** Sessions and their logs for a person: what agents say on stdout, what they do on stderr. */
import type { Session, SessionEntry, SessionUpdate } from '../schema/index.ts';
import { type Output, printable } from './output.ts';

const longestInput = 100;

/** @param told hears of each entry that was printed whole */
export async function printEntries(
  entries: AsyncIterable<SessionEntry>,
  output: Output,
  told: (entry: SessionEntry) => void,
): Promise<void> {
  for await (const entry of entries) {
    if (output.json) await output.document(entry, true);
    else await printEntry(entry, output);
    told(entry);
  }
}

/** With what an agent says as it comes. What is withdrawn stays to be seen, and is said not to count. */
export async function printUpdates(
  updates: AsyncIterable<SessionUpdate>,
  output: Output,
  told: (entry: SessionEntry) => void,
): Promise<void> {
  let shown: ShownText | null = null;
  for await (const update of updates) {
    if (output.json) await output.document(update, true);
    else if (update.type === 'partial') {
      shown = longer(shown, update);
      await output.data(printable(update.text));
    } else if (update.type === 'withdrawn') {
      if (shown) await output.data('\n');
      await output.hint(`      what was said in step ${update.step} does not count`);
      shown = null;
    } else if (shown && isWhole(update.entry, shown)) {
      await output.data('\n');
      shown = null;
    } else await printEntry(update.entry, output);
    if (update.type === 'entry') told(update.entry);
  }
}

interface ShownText {
  step: number;
  text: string;
}

function longer(
  shown: ShownText | null,
  { step, from, text }: { step: number; from: number; text: string },
): ShownText {
  return { step, text: (shown?.text ?? '').slice(0, from) + text };
}

/** The answer of that step: it is on the screen already. */
function isWhole({ session, data }: SessionEntry, { step, text }: ShownText): boolean {
  return data['key'] === `${session}/${step}` && textsOf(data['content']).join('\n') === text;
}

/** What a session says, as it goes. */
async function printEntry({ kind, session, position, data }: SessionEntry, output: Output): Promise<void> {
  const line = (text: string): Promise<void> => output.hint(`${String(position).padStart(4)}  ${text}`);
  switch (kind) {
    case 'started':
      return line(`started: ${short(data['message'])}`);
    case 'received':
      return printReceived(String(data['event']), data['data'], output, line);
    case 'intent':
      return data['name'] === 'tool' ? line(`calls ${short(data['request'])}`) : undefined;
    case 'outcome':
      if (data['name'] === 'program' && data['ok'] === true) return output.line(printable(String(data['output'])));
      return data['name'] === 'model' ? printAnswer(data, output, line) : line(toolLine(data));
    case 'called':
      await line(`called ${short(data)}`);
      for (const text of textsOf([data])) await output.line(printable(text));
      return;
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
  for (const text of textsOf(content)) await output.line(printable(text));
}

/** What it says, and what it asks a person. */
function textsOf(content: unknown): string[] {
  return (Array.isArray(content) ? content : []).flatMap((part) => {
    const { text, tool, input } = fieldsOf(part);
    const said = tool === 'ask' ? fieldsOf(input)['question'] : tool === 'say' ? fieldsOf(input)['text'] : text;
    return typeof said === 'string' ? [said] : [];
  });
}

function waitingLine({ events, until }: Record<string, unknown>): string {
  const awaited = Array.isArray(events) && events.length > 0 ? ` for ${events.join(', ')}` : '';
  return `waits${awaited}${typeof until === 'string' ? ` until ${until}` : ''}`;
}

function toolLine({ name, tool = name, ok, output, error }: Record<string, unknown>): string {
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
