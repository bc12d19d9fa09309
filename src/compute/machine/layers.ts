/**
 * Layers on their way between this machine's store and a virtual machine: the same frames at both ends (LAYER_SEND and
 * LAYER_TAKE of guest/LAUNCHER.md), handed from one to the other.
 *
 * 1. On this machine each transfer has a process of its own: a guest that reads or sends slowly holds up nobody else.
 * 2. What a guest sends is never looked at here and bounded in size; the process that takes it checks it, name by name.
 * 3. A layer taken is complete or not there.
 */
import { inOwnScope, runProcess, type Scope } from '../../base/index.ts';
import {
  encodeFrame,
  Fields,
  FieldWriter,
  FrameDecoder,
  launcherTypes,
  messageTypes,
  tags,
} from '../../guest/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { failureOf, type LayerFrame } from '../launcher-connection.ts';
import { insideLayer, type MachineClient } from './client.ts';
import type { MachineRecord } from './record.ts';

export interface LayerMoverOptions {
  /** The guest binary. */
  binary: string;
  home: string;
  mode: 'root' | 'user';
}

const requestId = 1;
/** Of one layer; a Debian has ten thousand. */
const mostEntries = 1_000_000;
/** Everything an ordinary user's daemon keeps belongs to that user, who is the agent inside. */
const ordinaryInside = 1000;
const mebibyte = 1024 * 1024;
/** A layer on its way is at most this much larger than the memory or disk it was in: names and attributes take room of their own. */
const layerOverhead = 4;

export class LayerMover {
  readonly #options: LayerMoverOptions;

  constructor(options: LayerMoverOptions) {
    this.#options = options;
  }

  /** A tree of the store into the machine. */
  async bring(tree: string, client: MachineClient, inside: string, scope: Scope): Promise<void> {
    const line = new Line();
    await both(
      line,
      this.#send(tree, line, scope).then(() => line.end()),
      client.take(inside, line, scope),
    );
  }

  /** A layer of the machine to a new tree of the store. */
  async fetch(client: MachineClient, inside: string, tree: string, mostBytes: number, scope: Scope): Promise<void> {
    const line = new Line();
    let left = mostBytes;
    const onData = (payload: Buffer): Promise<void> => {
      left -= payload.length;
      if (left < 0) throw tooMuch(mostBytes);
      return line.push({ type: 'data', payload });
    };
    const sent = client.send(inside, onData, scope).then(async (payload) => {
      await line.push({ type: 'end', payload });
      line.end();
    });
    await both(line, sent, this.#take(tree, mostBytes, line, scope));
  }

  /** What a machine's sandbox has written, as a layer at `tree`. The copy inside is short-lived: it takes memory the sandbox may need. */
  async copyOut(
    record: MachineRecord,
    client: MachineClient,
    tree: string,
    scope: Scope,
  ): Promise<{ pauseMs: number; files: number; bytes: number }> {
    const copy = `copy-${record.uppers}`;
    const view = { layers: record.layers, generation: record.generation };
    try {
      const outcome = await client.snapshot(record.inside, view, copy, scope);
      // The snapshot let it go on.
      if (record.frozen) await client.freeze(record.inside, scope);
      const { memoryMib, workMib } = record.shape;
      const mostBytes = Math.max(memoryMib, workMib) * mebibyte * layerOverhead;
      await this.fetch(client, insideLayer(copy), tree, mostBytes, scope);
      return outcome;
    } finally {
      await inOwnScope('delete a copy in a machine', (own) => client.deleteTree(insideLayer(copy), own)).catch(
        () => undefined,
      );
    }
  }

  async #send(tree: string, line: Line, scope: Scope): Promise<void> {
    const request = encodeFrame(launcherTypes.layerSend, requestId, this.#sendFields(tree));
    await this.#run(request, 'layerSend', (type, payload) => line.push({ type, payload }), scope);
  }

  #sendFields(tree: string): Uint8Array {
    const fields = new FieldWriter().text(tags.path, tree);
    if (this.#options.mode === 'user') fields.int(tags.uid, ordinaryInside).int(tags.gid, ordinaryInside);
    return fields.payload();
  }

  async #take(tree: string, mostBytes: number, frames: AsyncIterable<LayerFrame>, scope: Scope): Promise<void> {
    const bounds = new FieldWriter().text(tags.path, tree).int(tags.size, mostBytes).int(tags.count, mostEntries);
    const request = encodeFrame(launcherTypes.layerTake, requestId, bounds.payload());
    async function* input(): AsyncGenerator<Uint8Array> {
      yield request;
      for await (const { type, payload } of frames) yield encodeFrame(messageTypes[type], requestId, payload);
    }
    await this.#run(input(), 'layerTake', () => undefined, scope);
  }

  /** Credit is of no interest here: the pipe itself makes whoever is too quick wait. */
  async #run(
    input: Uint8Array | AsyncIterable<Uint8Array>,
    name: 'layerSend' | 'layerTake',
    onFrame: (type: LayerFrame['type'], payload: Buffer) => Promise<void> | undefined,
    scope: Scope,
  ): Promise<void> {
    const { binary, home, mode } = this.#options;
    const frames: { type: number; payload: Buffer }[] = [];
    const decoder = new FrameDecoder((type, _id, payload) => frames.push({ type, payload }));
    let answered = false;
    const onStdout = async (chunk: Buffer): Promise<void> => {
      decoder.push(chunk);
      for (const { type, payload } of frames.splice(0)) {
        if (type === messageTypes.error) throw failureOf(name, new Fields(payload));
        if (type === messageTypes.data) await onFrame('data', payload);
        else if (type === messageTypes.end) await onFrame('end', payload);
        answered ||= type === messageTypes.ok || type === messageTypes.end;
      }
    };
    const args = ['layers', '--home', home, ...(mode === 'user' ? ['--user-xattrs'] : [])];
    const { status, signal, stderr } = await runProcess({ file: binary, args, input, onStdout }, scope);
    if (answered) return;
    throw new HoldfastError('launch-failed', `${name} ended without an answer (${signal ?? `status ${status}`})`, {
      hint: 'Try again; if it repeats, rebuild the guest with `npm run build:guest`.',
      details: { stderr },
    });
  }
}

/** One writer, one reader, one piece between them. */
class Line implements AsyncIterable<LayerFrame> {
  #waiting: { frame: LayerFrame; taken: () => void } | null = null;
  #wake: (() => void) | null = null;
  #ended = false;
  #failure: unknown = null;

  /** Resolves when the reader has it. */
  push(frame: LayerFrame): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve) => {
      this.#waiting = { frame, taken: resolve };
      this.#wake?.();
    });
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Lets both sides go. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#ended = true;
    this.#waiting?.taken();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LayerFrame> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const waiting = this.#waiting;
      if (waiting) {
        this.#waiting = null;
        yield waiting.frame;
        waiting.taken();
        continue;
      }
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}

/** The first failure ends both, and is the one that is told. */
async function both(line: Line, ...sides: Promise<void>[]): Promise<void> {
  let first: unknown = null;
  const settle = (error: unknown): void => {
    first ??= error;
    line.fail(error);
  };
  await Promise.all(sides.map((side) => side.catch(settle)));
  if (first !== null) throw first;
}

function tooMuch(mostBytes: number): HoldfastError {
  return new HoldfastError('file-too-large', `a virtual machine sent more than ${mostBytes} bytes of one layer`, {
    hint: 'It wrote more than its memory can hold, or its kernel was taken over; destroy it.',
  });
}
