/**
 * One live view of a process's output.
 *
 * 1. The guest may be at most `windowBytes` ahead of the reader; credit follows what the reader takes.
 * 2. Memory is bounded by the window, however small the pieces are: past `crowdedItems` untaken chunks, small pieces of
 *    one stream are joined, and only then may they pass small pieces of the other.
 */
import type { Scope } from '../base/index.ts';
import { HoldfastError, type OutputChunk, type ProcessExit } from '../schema/index.ts';
import type { GuestChannel } from './channel.ts';
import { type ChannelRequest, unexpected } from './channel-request.ts';
import type { Subject } from './errno.ts';
import { FieldWriter } from './fields.ts';
import { Coalescer, OutputTracker } from './output.ts';
import { PullQueue } from './pull-queue.ts';
import type { AttachProcess, GuestAttachment } from './types.ts';
import { messageTypes, tags } from './wire.ts';

const windowBytes = 1024 * 1024;
const grantAfterBytes = windowBytes / 4;
const crowdedItems = 1024;

export function attach(
  channel: GuestChannel,
  processId: string,
  options: AttachProcess,
  scope: Scope | undefined,
): GuestAttachment {
  return new Attachment(channel, processId, options, scope);
}

export function attachFields(processId: string, options: AttachProcess, credit: number): FieldWriter {
  return new FieldWriter()
    .text(tags.processId, processId)
    .int(tags.offset, options.stdoutOffset)
    .int(tags.length, options.stderrOffset)
    .int(tags.credit, credit);
}

class Attachment implements GuestAttachment {
  readonly processId: string;
  readonly output: PullQueue<OutputChunk>;
  readonly exit: Promise<ProcessExit>;
  readonly #request: ChannelRequest;
  readonly #untaken: Record<OutputChunk['stream'], OutputChunk | null> = { stdout: null, stderr: null };
  readonly #coalescers = { stdout: new Coalescer(), stderr: new Coalescer() };
  #takenBytes = 0;

  constructor(channel: GuestChannel, processId: string, options: AttachProcess, scope: Scope | undefined) {
    this.processId = processId;
    const exit = Promise.withResolvers<ProcessExit>();
    this.exit = exit.promise;
    this.exit.catch(() => undefined);
    this.output = new PullQueue({ onTake: (chunk) => this.#taken(chunk), onLeave: () => this.detach() });
    const tracker = new OutputTracker(options.stdoutOffset ?? 0, options.stderrOffset ?? 0);
    const subject: Subject = { kind: 'process', action: 'attach to process', name: processId };
    this.#request = channel.request(
      messageTypes.attach,
      attachFields(processId, options, windowBytes),
      {
        subject,
        okEnds: false,
        credit: windowBytes,
        answer: (type, payload) => {
          if (type === messageTypes.output) this.#push(tracker.chunk(payload));
          else if (type === messageTypes.exit) {
            exit.resolve(tracker.exit(payload));
            this.output.finish();
          } else throw unexpected(type, subject);
        },
        failed: (error) => {
          exit.reject(error);
          this.output.finish(error);
        },
      },
      scope,
    );
  }

  detach(): void {
    this.#request.cancel(
      new HoldfastError('cancelled', `detached from process ${this.processId}`, { hint: 'Attach again to see more.' }),
    );
  }

  #push(chunk: OutputChunk): void {
    const last = this.#untaken[chunk.stream];
    if (last && chunk.gapBytes === 0 && (last === this.output.newest || this.output.length > crowdedItems)) {
      const joined = this.#coalescers[chunk.stream].join(last.data, chunk.data);
      if (joined) {
        last.data = joined;
        return;
      }
    }
    this.#untaken[chunk.stream] = chunk;
    this.output.push(chunk);
  }

  #taken(chunk: OutputChunk): void {
    if (this.#untaken[chunk.stream] === chunk) this.#untaken[chunk.stream] = null;
    this.#takenBytes += chunk.data.length;
    if (this.#takenBytes < grantAfterBytes) return;
    this.#request.grant(this.#takenBytes);
    this.#takenBytes = 0;
  }
}
