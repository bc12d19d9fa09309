/**
 * Reads along what a process of a recorded sandbox prints, and hears how it ends. It is one more reader: nothing that
 * others read is taken from them.
 *
 * 1. Output is recorded without gaps from where the recording stands; pieces that come close together are one event.
 * 2. It keeps no sandbox busy: one that idles is idle all the same.
 */
import type { Recorder } from '../recording/index.ts';
import type { OutputChunk } from '../schema/index.ts';
import { type Core, openScope } from './core.ts';

const togetherMs = 25;
const togetherBytes = 64 * 1024;
/** What such a process prints is the answers of the tool that speaks with it. */
const ownTags = new Set(['shell-session']);

export interface FollowedProcess {
  tenant: string;
  sandbox: string;
  processId: string;
  tag: string | null;
  /** Where the recording stands. */
  stdout?: number;
  stderr?: number;
}

export function followProcess(core: Core, process: FollowedProcess): void {
  const recorder = core.recordings.of(process.sandbox);
  if (!recorder) return;
  follow(core, recorder, process).catch((error: unknown) => {
    core.log.debug({ error, process: process.processId }, 'a recorded process is not followed any more');
  });
}

async function follow(core: Core, recorder: Recorder, process: FollowedProcess): Promise<void> {
  const { tenant, sandbox, processId, stdout = 0, stderr = 0 } = process;
  await using scope = openScope(core, 'follow', undefined, null);
  const { controller } = core;
  const attachment = await controller.inside(tenant, sandbox, scope, async (guest) =>
    guest.attach(processId, { stdoutOffset: stdout, stderrOffset: stderr }, scope),
  );
  attachment.exit.catch(() => undefined);
  const isKept = process.tag === null || !ownTags.has(process.tag);
  const gather = new Gather(core, recorder, processId, { stdout, stderr });
  for await (const chunk of attachment.output) if (isKept) gather.take(chunk);
  gather.end();
  const exit = await attachment.exit;
  const record = controller.find(tenant, sandbox);
  recorder.processEnded(
    processId,
    record.state === 'ready' ? await controller.limits.refine(record, exit, scope) : exit,
  );
}

type Stream = OutputChunk['stream'];

class Gather {
  readonly #core: Core;
  readonly #recorder: Recorder;
  readonly #processId: string;
  readonly #scrubbers: Record<Stream, ReturnType<Recorder['redactor']['stream']>>;
  readonly #offsets: Record<Stream, number>;
  #stream: Stream = 'stdout';
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #cancel: (() => void) | null = null;

  constructor(core: Core, recorder: Recorder, processId: string, offsets: Record<Stream, number>) {
    this.#core = core;
    this.#recorder = recorder;
    this.#processId = processId;
    this.#offsets = { ...offsets };
    this.#scrubbers = { stdout: recorder.redactor.stream(), stderr: recorder.redactor.stream() };
  }

  take({ stream, data, gapBytes }: OutputChunk): void {
    if (stream !== this.#stream || gapBytes > 0) this.#hand();
    this.#stream = stream;
    if (gapBytes > 0) {
      this.#write(stream, new Uint8Array(), gapBytes);
      this.#offsets[stream] += gapBytes;
    }
    const clean = this.#scrubbers[stream].push(data);
    if (clean.length === 0) return;
    this.#pieces.push(clean);
    this.#bytes += clean.length;
    if (this.#bytes >= togetherBytes) this.#hand();
    else this.#cancel ??= this.#core.clock.after(togetherMs, () => this.#hand());
  }

  end(): void {
    this.#hand();
    for (const stream of ['stdout', 'stderr'] as const) this.#write(stream, this.#scrubbers[stream].end(), 0);
  }

  #hand(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#bytes === 0) return;
    this.#write(this.#stream, Buffer.concat(this.#pieces), 0);
    this.#pieces = [];
    this.#bytes = 0;
  }

  #write(stream: Stream, data: Uint8Array, gapBytes: number): void {
    this.#recorder.processOutput(this.#processId, stream, { offset: this.#offsets[stream], gapBytes }, data);
    this.#offsets[stream] += data.length;
  }
}
