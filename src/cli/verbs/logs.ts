import { HoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService, OutputChunk, ProcessInfo } from '../../schema/index.ts';
import { textOf } from '../capture.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { writeTo } from '../io.ts';

/**
 * What a process printed so far may be kept no longer, or its agent may not say how much it is: then so much silence ends the
 * answer.
 */
const silenceMs = 10_000;

const command: Command = defineCommand({
  name: 'logs',
  summary: 'Prints what processes in a sandbox printed, as far as it is kept.',
  examples: [
    ['holdfast logs box', 'every process, oldest first'],
    ['holdfast logs -f box prc-01…', 'one process, until it ends'],
    ['holdfast logs --list box', 'which processes there are'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name", completes: 'sandbox' },
    process: { description: "a process's id or tag; all of them if not said", optional: true },
  },
  options: {
    follow: { kind: 'flag', short: 'f', description: 'go on until they end' },
    list: { kind: 'flag', description: 'only the processes, without their output' },
  },
  async run({ args, options, context }) {
    using interrupts = new Interrupts(context.io);
    const service = await context.service();
    const all = (await service.listProcesses(args.sandbox)).sort((one, other) => one.pid - other.pid);
    const chosen =
      args.process === undefined
        ? all
        : all.filter(({ processId, tag }) => processId === args.process || tag === args.process);
    if (args.process !== undefined && chosen.length === 0) {
      throw new HoldfastError('process-not-found', `${args.sandbox} has no process "${args.process}"`, {
        hint: `\`holdfast logs --list ${args.sandbox}\` shows them.`,
      });
    }
    if (options.list) await listThem(chosen, context);
    else
      for (const process of chosen)
        await printOne({
          service,
          sandbox: args.sandbox,
          process,
          titled: chosen.length > 1,
          follow: options.follow,
          context,
          interrupts,
        });
    return interrupts.status ?? 0;
  },
});
export default command;

async function listThem(processes: ProcessInfo[], { output }: Context): Promise<void> {
  if (output.json) return output.document(processes);
  await output.table(processes, [
    { title: 'PROCESS', of: (process) => process.processId },
    { title: 'PID', of: (process) => String(process.pid) },
    { title: 'TAG', of: (process) => process.tag ?? '-' },
    {
      title: 'ENDED',
      of: ({ exit }) => (exit === null ? 'runs' : `${exit.reason} ${exit.exitCode ?? exit.signal ?? ''}`.trim()),
    },
    { title: 'COMMAND', of: ({ argv }) => argv.join(' ').slice(0, 200) },
  ]);
}

interface Printing {
  service: HoldfastService;
  sandbox: string;
  process: ProcessInfo;
  titled: boolean;
  follow: boolean;
  context: Context;
  interrupts: Interrupts;
}

async function printOne({
  service,
  sandbox,
  process,
  titled,
  follow,
  context: { io, output },
  interrupts,
}: Printing): Promise<void> {
  if (interrupts.signal.aborted) return;
  if (titled) await output.hint(`==> ${process.processId} ${process.argv.join(' ')}`);
  const wanted = new Wanted(follow ? undefined : process.printed);
  if (wanted.isMet) return;
  const attachment = await service.attachProcess(sandbox, process.processId);
  const leave = (): void => void attachment.detach();
  interrupts.signal.addEventListener('abort', leave, { once: true });
  const silence = follow || process.exit ? null : setTimeout(leave, silenceMs);
  try {
    for await (const whole of attachment.output) {
      silence?.refresh();
      const chunk = wanted.partOf(whole);
      if (output.json) await output.document(lineOf(process, chunk), true);
      else {
        if (chunk.gapBytes > 0) await output.hint(`[${chunk.gapBytes} bytes are no longer kept]`);
        await writeTo(chunk.stream === 'stdout' ? io.stdout : io.stderr, chunk.data);
      }
      if (wanted.isMet) break;
    }
  } finally {
    if (silence) clearTimeout(silence);
    interrupts.signal.removeEventListener('abort', leave);
    await attachment.detach();
  }
}

/** As much of each stream as there was when the process was listed: one that goes on printing would never end. */
class Wanted {
  readonly #ends: Record<OutputChunk['stream'], number>;
  readonly #open: Set<OutputChunk['stream']>;

  constructor(printed: ProcessInfo['printed']) {
    const { stdoutBytes, stderrBytes } = printed ?? { stdoutBytes: Infinity, stderrBytes: Infinity };
    this.#ends = { stdout: stdoutBytes, stderr: stderrBytes };
    this.#open = new Set((['stdout', 'stderr'] as const).filter((stream) => this.#ends[stream] > 0));
  }

  get isMet(): boolean {
    return this.#open.size === 0;
  }

  partOf(chunk: OutputChunk): OutputChunk {
    const { stream, offset, data, gapBytes } = chunk;
    const end = this.#ends[stream];
    if (offset + data.length >= end) this.#open.delete(stream);
    const before = offset - gapBytes;
    return {
      ...chunk,
      data: data.subarray(0, Math.max(0, end - offset)),
      gapBytes: Math.max(0, Math.min(offset, end) - before),
    };
  }
}

function lineOf({ processId }: ProcessInfo, { stream, offset, gapBytes, data }: OutputChunk): Record<string, unknown> {
  return { processId, stream, offset, gapBytes, ...textOf('text', data) };
}
