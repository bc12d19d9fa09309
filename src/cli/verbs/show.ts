import { HoldfastError } from '../../schema/error-class.ts';
import type { Content, EventOf, HoldfastService, RecordingEvent } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatBytes, printable } from '../output.ts';
import { endOf, eventsOf, failuresLine, startVerb, timeline } from '../recording-view.ts';

const command: Command = defineCommand({
  name: 'show',
  summary: 'Shows a recording as a timeline, or one of its steps in full.',
  examples: [
    ['holdfast show run', 'the newest of that name: each step, how it ended, what it changed'],
    ['holdfast show rec-01… --step 1', 'what was asked and answered, in full'],
    ['holdfast show rec-01… --json', 'every event as a JSON document per line'],
  ],
  arguments: { recording: { description: "a recording's id or name" } },
  options: { step: { kind: 'whole', value: 'N', description: 'only this step, in full' } },
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    const info = await service.getRecording(args.recording);
    const events = eventsOf(service, info.id);
    if (options.step !== undefined) {
      const step = await stepInFull(service, info.id, events, options.step);
      if (options.json) await output.document(step);
      else for (const [name, text] of Object.entries(step)) await output.line(`${name}: ${printable(text)}`);
      return 0;
    }
    if (options.json) {
      for await (const event of events) await output.document(event, true);
      return 0;
    }
    const lines = await timeline(events);
    const { id, name, state, steps, failures, bytes, tape } = info;
    await output.line(
      `${id}${name === null ? '' : `  ${name}`}  ${state}  ${steps} steps, failed: ${failuresLine(failures)}  ${formatBytes(bytes)}${tape === null ? '' : `  tape ${tape}`}`,
    );
    for (const line of lines) await output.line(printable(line));
    await output.hint(`next: holdfast replay ${id}, or holdfast fork ${id} --step ${Math.max(1, steps)}`);
    return 0;
  },
});
export default command;

async function stepInFull(
  service: HoldfastService,
  id: string,
  events: AsyncIterable<RecordingEvent>,
  step: number,
): Promise<Record<string, string>> {
  let begun: EventOf<'step-begun'> | null = null;
  let ended: EventOf<'step-ended'> | null = null;
  const program = new StartedProgram(service, id, step);
  for await (const event of events) {
    if (event.type === 'step-begun' && event.step === step) begun = event;
    if (event.type === 'step-ended' && event.step === step) ended = event;
    if (begun?.name === startVerb) await program.take(event);
    if (ended && (begun?.name !== startVerb || program.hasEnded)) break;
  }
  if (!begun) {
    throw new HoldfastError('invalid-argument', `there is no step ${step} in ${id}`, {
      hint: `holdfast show ${id} lists them.`,
    });
  }
  const text = async (content: Content): Promise<string> =>
    content.cut === undefined ? decode(await bytesOf(service, id, content)) : `not kept (${content.cut})`;
  const facts: Record<string, string> = { step: String(step), name: begun.name, input: await text(begun.input) };
  if (!ended) return { ...facts, outcome: 'under way', ...program.facts() };
  return {
    ...facts,
    outcome: ended.failure ? `${ended.failure.code}: ${ended.failure.message}` : 'answered',
    ...(ended.cause ? { cause: `${ended.cause} (${ended.causeRule})` } : {}),
    ...(ended.output ? { output: await text(ended.output) } : {}),
    duration: `${ended.durationMs} ms`,
    ...program.facts(),
  };
}

/** What the program of a step that only started it printed, and how it ended. */
class StartedProgram {
  hasEnded = false;
  readonly #service: HoldfastService;
  readonly #recording: string;
  readonly #step: number;
  #processId: string | null = null;
  #end: string | null = null;
  readonly #printed = { stdout: new Printed(), stderr: new Printed() };

  constructor(service: HoldfastService, recording: string, step: number) {
    this.#service = service;
    this.#recording = recording;
    this.#step = step;
  }

  async take(event: RecordingEvent): Promise<void> {
    if (event.type === 'process-started' && event.step === this.#step) this.#processId = event.processId;
    if (!('processId' in event) || event.processId !== this.#processId) return;
    if (event.type === 'process-output') {
      const printed = this.#printed[event.stream];
      const isKept = printed.hasRoom && event.content.cut === undefined;
      const piece = isKept ? await bytesOf(this.#service, this.#recording, event.content) : null;
      printed.add(piece, event.content.bytes, event.gapBytes);
    }
    if (event.type !== 'process-ended') return;
    this.hasEnded = true;
    const { exit, cause } = event;
    this.#end = `${endOf(exit)} after ${exit.durationMs} ms${cause ? `, ${cause}` : ''}`;
  }

  facts(): Record<string, string> {
    if (this.#processId === null) return {};
    const { stdout, stderr } = this.#printed;
    return {
      program: this.#end ?? 'no end of it is recorded',
      ...(stdout.isEmpty ? {} : { stdout: stdout.text() }),
      ...(stderr.isEmpty ? {} : { stderr: stderr.text() }),
    };
  }
}

const mostPrintedBytes = 1024 * 1024;

class Printed {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #more = 0;

  get hasRoom(): boolean {
    return this.#bytes < mostPrintedBytes && this.#more === 0;
  }
  get isEmpty(): boolean {
    return this.#pieces.length === 0 && this.#more === 0;
  }

  /** @param piece null: it is not shown */
  add(piece: Uint8Array | null, bytes: number, gapBytes: number): void {
    if (gapBytes > 0) this.#pieces.push(Buffer.from(`(${gapBytes} bytes were lost)`));
    if (piece) this.#pieces.push(piece);
    else this.#more += bytes;
    this.#bytes += piece?.length ?? 0;
  }

  text(): string {
    const shown = decode(Buffer.concat(this.#pieces));
    return this.#more === 0 ? shown : `${shown}\n(${this.#more} bytes more: --json names what was kept)`;
  }
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function bytesOf(service: HoldfastService, id: string, content: Content): Promise<Uint8Array> {
  if (content.text !== undefined) return Buffer.from(content.text);
  if (content.base64 !== undefined) return Buffer.from(content.base64, 'base64');
  return service.recordingContent(id, content.digest);
}
