import { HoldfastError } from '../../schema/error-class.ts';
import type { Content, EventOf, HoldfastService, RecordingEvent } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatBytes, printable } from '../output.ts';
import { eventsOf, failuresLine, timeline } from '../recording-view.ts';

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
  for await (const event of events) {
    if (event.type === 'step-begun' && event.step === step) begun = event;
    if (event.type === 'step-ended' && event.step === step) ended = event;
    if (ended) break;
  }
  if (!begun) {
    throw new HoldfastError('invalid-argument', `there is no step ${step} in ${id}`, {
      hint: `holdfast show ${id} lists them.`,
    });
  }
  const text = async (content: Content): Promise<string> => {
    if (content.text !== undefined) return content.text;
    if (content.cut !== undefined) return `not kept (${content.cut})`;
    return new TextDecoder().decode(await service.recordingContent(id, content.digest));
  };
  const facts: Record<string, string> = { step: String(step), name: begun.name, input: await text(begun.input) };
  if (!ended) return { ...facts, outcome: 'under way' };
  return {
    ...facts,
    outcome: ended.failure ? `${ended.failure.code}: ${ended.failure.message}` : 'answered',
    ...(ended.cause ? { cause: `${ended.cause} (${ended.causeRule})` } : {}),
    ...(ended.output ? { output: await text(ended.output) } : {}),
    duration: `${ended.durationMs} ms`,
  };
}
