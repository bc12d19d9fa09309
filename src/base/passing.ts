/**
 * Memory that only passes through, such as a piece of an upload: whoever made it marks it, and who needs it last frees it there and then.
 * Left to the collector, 64 MiB of such pieces begin several collections of the whole heap.
 *
 * 1. Only what was marked is freed, once; what others made is theirs.
 * 2. Only a piece that is all of its memory is marked: a view of something larger is somebody else's too.
 */
const passing = new WeakSet<ArrayBuffer>();

export function markPassing(piece: Uint8Array): void {
  const { buffer } = piece;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === piece.length) passing.add(buffer);
}

/** The piece is empty afterwards. */
export function freePassed(piece: Uint8Array): void {
  if (piece.buffer instanceof ArrayBuffer && passing.delete(piece.buffer)) piece.buffer.transfer(0);
}
