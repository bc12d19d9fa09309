/** Pages of a recording's events. Where one ended the next goes on, without reading again what stands before it. */
import type { ReadFrom, RecordingReader } from '../recording/index.ts';
import type { RecordingEvent } from '../schema/index.ts';

/** The ends of the last pages, whoever asked for them; one that is forgotten is found from the beginning. */
const mostEnds = 1000;

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
    { after, limit }: { after: number; limit: number },
  ): Promise<{ items: RecordingEvent[]; nextCursor: string | null }> {
    const from = this.#ends.get(`${reader.id} ${after}`);
    const items: RecordingEvent[] = [];
    let end: ReadFrom | null = null;
    for await (const { event, place } of reader.placed(from)) {
      const { sequence, hash } = event;
      if (sequence <= after) continue;
      if (items.length === limit && end) {
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
