/**
 * An event without the contents that stand in its line: they are left there, and read when they are asked for. So a recording
 * that is read whole takes memory for what happened in it, not for what was said.
 */
import type { Content, RecordingEvent } from '../schema/index.ts';

/** Shorter ones cost more to name than to keep. */
const longestKept = 200;

/** An event's line in the file, without its newline. */
export interface LinePlace {
  offset: number;
  bytes: number;
}

export interface LeftContent extends Content {
  line: LinePlace;
}

export function isLeft(content: Content): content is LeftContent {
  return 'line' in content;
}

export function withoutContents<E extends RecordingEvent>(event: E, line: LinePlace): { event: E; leftBytes: number } {
  let leftBytes = 0;
  const leave = (content: Content): Content => {
    const { bytes, digest, text, base64 } = content;
    const length = (text ?? base64 ?? '').length;
    if (length <= longestKept) return content;
    leftBytes += length;
    const left: LeftContent = { bytes, digest, line };
    return left;
  };
  const orNull = (content: Content | null): Content | null => content && leave(content);
  return { event: { ...event, ...fieldsOf(event, leave, orNull) }, leftBytes };
}

function fieldsOf(
  event: RecordingEvent,
  leave: (content: Content) => Content,
  orNull: (content: Content | null) => Content | null,
): object {
  switch (event.type) {
    case 'step-begun':
      return { input: leave(event.input) };
    case 'step-ended':
      return { output: orNull(event.output) };
    case 'model-call':
      return { request: leave(event.request), response: orNull(event.response) };
    case 'process-input':
      return { content: orNull(event.content) };
    case 'files-changed':
      return { changes: event.changes.map((change) => ({ ...change, after: orNull(change.after) })) };
    default:
      return {};
  }
}
