/**
 * The Node beside the driver (driver.c): `runner.ts TARGET`. Loads a module with `fuzz(data)`, counts in everything of src/ that
 * it loads, and does input after input. An input fails when `fuzz` throws, when anything is thrown that nobody caught, when a
 * rejection is nobody's, and when what it leaves behind adds up.
 */
import { readSync, writeSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { counters, edgeCount, instrument } from './instrument.ts';

const inputsFd = 3;
const answersFd = 4;
const inputsPerLook = 2048;
const mostHeldBytes = 256 * 1024 * 1024;
const sources = new URL('../../src/', import.meta.url).href;

let firstFault: unknown = null;
const fault = (error: unknown): void => {
  firstFault ??= error ?? new Error('nothing was thrown, and nobody caught it');
};
process.on('uncaughtException', fault);
process.on('unhandledRejection', fault);

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(sources) || !url.endsWith('.ts')) return nextLoad(url, context);
    const { source } = nextLoad(url, { ...context, format: 'module-typescript' });
    const text = instrument(fileURLToPath(url), String(source));
    return { format: 'module', source: stripTypeScriptTypes(text), shortCircuit: true };
  },
});

const { fuzz }: { fuzz(data: Buffer): void | Promise<void> } = await import(pathToFileURL(process.argv[2] ?? '').href);
const edges = counters.subarray(0, edgeCount());
write(Buffer.from(Uint32Array.of(edges.length).buffer));
for (let done = 1; ; done++) {
  const head = read(4);
  if (!head) break;
  const input = read(head.readUInt32LE());
  if (!input) break;
  counters.fill(0);
  write(Buffer.of((await isWell(input, done)) ? 0 : 1));
  write(edges);
}

async function isWell(input: Buffer, done: number): Promise<boolean> {
  try {
    await fuzz(input);
  } catch (error) {
    fault(error);
  }
  // Rejections that nobody took are told after a turn.
  await new Promise((resolve) => setImmediate(resolve));
  if (done % inputsPerLook === 0) checkHeld();
  if (firstFault === null) return true;
  console.error(firstFault);
  firstFault = null;
  return false;
}

function checkHeld(): void {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  if (heapUsed + arrayBuffers > mostHeldBytes)
    fault(new Error(`${heapUsed + arrayBuffers} bytes are held between inputs`));
}

function read(length: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const got = readSync(inputsFd, bytes, at, length - at, null);
    if (got === 0) return null;
    at += got;
  }
  return bytes;
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(answersFd, bytes, at);
}
