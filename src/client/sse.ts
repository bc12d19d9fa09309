/** Server-sent events, read: one JSON value per event. An `error` event throws, and a stream without its `end` broke off. */
import { type ErrorBody, HoldfastError } from '../schema/error-class.ts';

export interface ServerEvent {
  type: string;
  data: unknown;
}

/** An event longer than this is not from Holdfast. */
const longestEventChars = 16 * 1024 * 1024;

export async function* readEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const piece of pieces) {
    held += decoder.decode(piece, { stream: true });
    for (let end = held.indexOf('\n\n'); end >= 0; end = held.indexOf('\n\n')) {
      const event = parseEvent(held.slice(0, end));
      held = held.slice(end + 2);
      if (event?.type === 'end') return;
      // The server writes only `ErrorBody` under this name.
      if (event?.type === 'error') throw HoldfastError.fromBody(event.data as ErrorBody);
      if (event) yield event;
    }
    if (held.length > longestEventChars) throw new HoldfastError('daemon-unreachable', 'an event has no end');
  }
  throw new HoldfastError('daemon-unreachable', 'the event stream broke off', {
    hint: 'Ask again from the last event on.',
  });
}

function parseEvent(block: string): ServerEvent | null {
  let type = 'message';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) type = line.slice(7);
    else if (line.startsWith('data: ')) data += line.slice(6);
  }
  return data === '' && type === 'message' ? null : { type, data: data === '' ? null : JSON.parse(data) };
}
