/** How long a request's body is. */
import type { RawHeaders } from '../types.ts';
import { type Framing, MalformedMessage } from './h1-reader.ts';
import { headerValues, misnamedByConnection } from './headers.ts';

/** The strict reading of RFC 9112, 6.3: whatever two servers could measure differently is refused. */
export function requestFraming(headers: RawHeaders): Framing {
  const misnamed = misnamedByConnection(headers);
  if (misnamed) throw new MalformedMessage(`Connection names ${misnamed}, which is not of one connection only`);
  const lengths = headerValues(headers, 'content-length');
  const codings = headerValues(headers, 'transfer-encoding');
  if (codings.length > 0) {
    if (lengths.length > 0) throw new MalformedMessage('both Content-Length and Transfer-Encoding are given');
    if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
      throw new MalformedMessage('a Transfer-Encoding other than chunked is given', 501);
    }
    return { kind: 'chunked' };
  }
  if (lengths.length === 0) return { kind: 'none' };
  if (lengths.length > 1) throw new MalformedMessage('Content-Length is given twice');
  return { kind: 'length', bytes: contentLength(lengths[0] ?? '') };
}

/** 0: none. Null: unknown until it ends. */
export function bodyBytesOf(framing: Framing): number | null {
  if (framing.kind === 'chunked') return null;
  return framing.kind === 'length' ? framing.bytes : 0;
}

export function contentLength(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new MalformedMessage('Content-Length is not a number');
  return Number(text);
}
