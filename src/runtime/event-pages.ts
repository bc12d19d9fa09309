/** Pages of a recording's events. Where one ended the next goes on, without reading again what stands before it. */
import type { ReadFrom, RecordingReader } from '../recording/index.ts';
import type { RecordingEvent } from '../schema/index.ts';

/** The ends of the last pages, whoever asked for them; one that is forgotten is found from the beginning. */
const mostEnds = 1000;
/** Of the lines of a page, but for its first event, which is there whatever it has. */
const mostPageBytes = 16 * 1024 * 1024;

const ofOwner = new WeakMap<object, EventPages>();

/** Of a daemon, whoever calls. */
export function eventPagesOf(owner: object): EventPages {
  const pages = ofOwner.get(owner) ?? new EventPages();
  ofOwner.set(owner, pages);
  return pages;
}

export class EventPages {
  readonly #ends = new Map<string, ReadFrom>();

  async page(
    reader: RecordingReader,
    { after, limit, mostBytes = mostPageBytes }: { after: number; limit: number; mostBytes?: number },
  ): Promise<{ items: RecordingEvent[]; nextCursor: string | null }> {
    const from = this.#ends.get(`${reader.id} ${after}`);
    const items: RecordingEvent[] = [];
    let end: ReadFrom | null = null;
    let bytes = 0;
    for await (const { event, place } of reader.placed(from)) {
      const { sequence, hash } = event;
      if (sequence <= after) continue;
      bytes += place.bytes;
      if (end && (items.length === limit || bytes > mostBytes)) {
        this.#keep(`${reader.id} ${end.link.sequence}`, end);
        return { items, nextCursor: String(end.link.sequence) };
      }
      items.push(event);
      end = { link: { sequence, hash }, lineBytes: place.offset + place.bytes + 1 };
    }
    return { items, nextCursor: null };
  }

  #keep(key: string, end: ReadFrom): void {
    this.#ends.delete(key);
    this.#ends.set(key, end);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > mostEnds && oldest !== undefined) this.#ends.delete(oldest);
  }
}
