/**
 * A person's conversation as a page sees it: from a place on, and across sessions, because one that is over is followed by the
 * next. A page sees what its channel may know of what was said elsewhere, and no session but that person's.
 */
import { isKnown } from '../agents/index.ts';
import type { Channel, ChatEvent, Via } from '../schema/index.ts';
import type { Bell, Bells } from './bells.ts';
import { viaOf } from './lines.ts';
import type { ChannelParts, ChatUpdate, Heard } from './types.ts';

export interface Viewer {
  parts: Pick<ChannelParts, 'store' | 'conversations'>;
  bells: Bells;
  channel: Channel;
  owner: string;
}

export async function* follow(viewer: Viewer, after: string | null, signal: AbortSignal): AsyncGenerator<ChatUpdate> {
  const { parts, bells, channel, owner } = viewer;
  using bell = bells.listen([channel.tenant, channel.agent, owner], signal);
  const here = viaOf(channel, { isPrivate: true }, { linkedMs: 0 });
  const [, session = '', position = '0'] = /^(ses-[0-9a-z]{26}):(\d{1,9})$/.exec(after ?? '') ?? [];
  let ended: string | null = null;
  if (after === null) yield noticeOf(channel.disclosure);
  while (!signal.aborted) {
    for (const text of bell.take()) yield noticeOf(text);
    const current = parts.store.channels.line(channel.tenant, channel.agent, owner);
    if (current === null || current === ended) {
      await bell.rung();
      continue;
    }
    // A place in another session, whoever's it is, says nothing.
    const from = current === session && ended === null ? Number(position) : 0;
    for await (const heard of withBell(parts.conversations.hear(current, from, signal), bell, signal)) {
      if (typeof heard === 'string') yield noticeOf(heard);
      else {
        const event = shown(heard, here);
        if (event) yield { event, place: 'position' in heard ? `${current}:${heard.position}` : null };
      }
    }
    ended = current;
  }
}

/** What is heard, with what the bell says in between. */
async function* withBell(
  stream: AsyncIterable<Heard>,
  bell: Bell,
  signal: AbortSignal,
): AsyncGenerator<Heard | string> {
  const iterator = stream[Symbol.asyncIterator]();
  let next = iterator.next();
  for (;;) {
    const rung = await Promise.race([next.then(() => false), bell.rung().then(() => true)]);
    if (rung && !signal.aborted) {
      yield* bell.take();
      continue;
    }
    const { done, value } = await next;
    if (done) return;
    yield value;
    next = iterator.next();
  }
}

const noticeOf = (text: string): ChatUpdate => ({ event: { type: 'notice', text }, place: null });

function shown(heard: Heard, here: Via): ChatEvent | null {
  switch (heard.type) {
    case 'said': {
      const { role, text, via, at } = heard;
      return isKnown(via, here) ? { type: 'message', role, text, channel: via?.channel ?? null, at } : null;
    }
    case 'partial':
      return isKnown(heard.via, here) ? { type: 'partial', from: heard.from, text: heard.text } : null;
    case 'withdrawn':
      return { type: 'withdrawn' };
    case 'asks':
      return { type: 'notice', text: `Before this is done (${heard.tool}), somebody has to approve it.` };
    case 'ended':
      return heard.failure === null ? null : { type: 'notice', text: `This conversation is over (${heard.failure}).` };
    case 'rests':
      return null;
  }
}
