/** What is written into a recorded sandbox, kept beside being written: up to a size, past which it only goes through. */

export const mostKeptBytes = 64 * 1024 * 1024;

export async function keepContent(
  data: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<{ content: Uint8Array | AsyncIterable<Uint8Array>; kept: Uint8Array | null }> {
  if (data instanceof Uint8Array) return { content: data, kept: data.length <= mostKeptBytes ? data : null };
  const source = data[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= mostKeptBytes) {
    const next = await source.next();
    if (next.done) {
      const whole = new Uint8Array(Buffer.concat(pieces));
      return { content: whole, kept: whole };
    }
    // A copy: whoever hands pieces over may use their memory again.
    pieces.push(Buffer.from(next.value));
    bytes += next.value.length;
  }
  return { content: rest(pieces, source), kept: null };
}

async function* rest(
  pieces: readonly Uint8Array[],
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* pieces;
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}
