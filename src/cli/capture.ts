/** A process inside as one JSON document: for `--json` of `run` and `exec`. */
import { HoldfastError } from '../schema/error-class.ts';
import type { ExecInput, ExecResult } from '../schema/index.ts';
import { type StreamRequest, statusOfExit } from './stream.ts';

/** Of each stream; more is cut from the middle and counted. */
const outputCapBytes = 64 * 1024 * 1024;

export async function captureProcess({
  service,
  sandbox,
  input,
  interactive,
  terminal,
  io,
  output,
  interrupts,
}: StreamRequest): Promise<number> {
  if (terminal) {
    throw new HoldfastError('invalid-argument', '--json and -t exclude each other', {
      hint: 'A terminal is for people; leave one out.',
    });
  }
  const stdin = interactive ? await readAll(io.stdin) : undefined;
  const { pty: _, stdin: __, ...rest } = input;
  const request: ExecInput = { ...rest, outputCapBytes, ...(stdin ? { stdin } : {}) };
  const result = await service.exec(sandbox, request, { signal: interrupts.signal });
  await output.document({ sandbox, ...documentOf(result) });
  return statusOfExit(result);
}

export function documentOf({ stdout, stderr, ...facts }: ExecResult): Record<string, unknown> {
  return { ...facts, ...textOf('stdout', stdout), ...textOf('stderr', stderr) };
}

/** Text as it is; other bytes in base64 under a name of their own, so that neither is taken for the other. */
export function textOf<N extends string>(name: N, bytes: Uint8Array): Record<string, string> {
  try {
    return { [name]: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') };
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
