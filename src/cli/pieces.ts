/** What a verb writes out in pieces: to stdout, or to the file that --output names. */
import { resolve } from 'node:path';
import { Interrupts } from './interrupts.ts';
import type { Io } from './io.ts';
import { formatBytes, type Output } from './output.ts';
import { openOutput, writeAll } from './output-file.ts';

export const outputOption = {
  kind: 'text',
  short: 'o',
  value: 'FILE',
  description: 'where to; stdout if not said',
} as const;

/** Its exit status. The file is opened before anything is asked for. */
export async function writePieces(
  name: string | undefined,
  { io, output }: { io: Io; output: Output },
  pieces: () => Promise<AsyncIterable<Uint8Array>>,
): Promise<number> {
  if (name === undefined) {
    for await (const piece of await pieces()) await output.data(piece);
    return 0;
  }
  const file = resolve(io.directory, name);
  using interrupts = new Interrupts(io);
  return await interrupts.statusOf(async () => {
    await using target = await openOutput(file, { mode: 0o600, signal: interrupts.signal });
    const bytes = await writeAll(target, interrupts.through(await pieces()));
    if (output.json) await output.document({ file, bytes });
    await output.hint(`${formatBytes(bytes)} in ${file}`);
    return 0;
  });
}
