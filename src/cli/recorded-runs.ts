/**
 * Runs that Holdfast recorded, as the calls that the contract's verbs read, a JSON object per line: out of the daemon by a
 * recording's id or name, or out of a bundle that `holdfast export` wrote.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Content, HoldfastService, RecordingEvent } from '../schema/index.ts';
import { eventsOf } from './recording-view.ts';

type Read = (content: Content) => Promise<Uint8Array> | Uint8Array;

export async function callsOfRecording(service: HoldfastService, ref: string): Promise<string> {
  const { id } = await service.getRecording(ref);
  return callsOf(eventsOf(service, id), (content) => service.recordingContent(id, content.digest));
}

/** @throws HoldfastError `recording-corrupt` */
export async function callsOfBundle(path: string): Promise<string> {
  const [{ RecordingReader }, { unpackBundle }] = await Promise.all([
    import('../recording/index.ts'),
    import('../recording/late.ts'),
  ]);
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'));
  try {
    const reader = new RecordingReader(directory, await unpackBundle(createReadStream(path), directory));
    return await callsOf(reader.events(), (content) => reader.bytes(content));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A tar says so behind the first file's facts. What cannot be read is told by whoever reads it. */
export async function isBundle(path: string): Promise<boolean> {
  const head = Buffer.alloc(512);
  const file = await open(path).catch(() => null);
  try {
    await file?.read(head);
  } catch {
    return false;
  } finally {
    await file?.close();
  }
  return head.toString('latin1', 257, 262) === 'ustar';
}

async function callsOf(events: AsyncIterable<RecordingEvent>, read: Read): Promise<string> {
  const calls = new Map<number, { tool: string; input: unknown; output?: unknown }>();
  for await (const event of events) {
    if (event.type === 'step-begun') {
      const input = await recordedValue(event.input, read);
      calls.set(event.step, { tool: event.name, input: event.kind === 'tool' ? input : asCommand(input) });
    }
    const call = event.type === 'step-ended' && event.output ? calls.get(event.step) : undefined;
    if (call && event.type === 'step-ended' && event.output) call.output = await recordedValue(event.output, read);
  }
  return [...calls.values()].map((call) => `${JSON.stringify(call)}\n`).join('');
}

/** Canonical JSON; what was not kept is nothing. */
async function recordedValue(content: Content, read: Read): Promise<unknown> {
  if (content.cut !== undefined) return null;
  const text = content.text ?? new TextDecoder().decode(await read(content));
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A program that was run by itself, as the shell text that would run it. */
function asCommand(input: unknown): unknown {
  const argv: unknown = typeof input === 'object' && input !== null && 'argv' in input ? input.argv : null;
  return Array.isArray(argv) ? { command: argv.join(' ') } : input;
}
