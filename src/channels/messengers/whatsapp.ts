/** WhatsApp Business: one private thread for each person that writes to the business's number. */
import { createWhatsAppAdapter } from '@chat-adapter/whatsapp';
import { HoldfastError } from '../../schema/index.ts';
import type { ChannelParts, Messenger, ServiceChannel } from '../types.ts';
import { whatsappFailure } from './failures.ts';
import { stateOf } from './state.ts';
import { loggerOf, Taker } from './taker.ts';

type WhatsAppChannel = Extract<ServiceChannel, { kind: 'whatsapp' }>;

export async function openWhatsApp(channel: WhatsAppChannel, parts: ChannelParts): Promise<Messenger> {
  const { store, clock, random, log, secret } = parts;
  const { tenant, name, phoneNumberId, secrets, apiUrl } = channel;
  const adapter = createWhatsAppAdapter({
    accessToken: await secret(tenant, secrets.accessToken),
    appSecret: await secret(tenant, secrets.appSecret),
    verifyToken: await secret(tenant, secrets.verifyToken),
    phoneNumberId,
    logger: loggerOf(log),
    userName: 'holdfast',
    ...(apiUrl === undefined ? {} : { apiUrl }),
  });
  const taker = new Taker(adapter, {
    state: stateOf(store.channels, clock, { of: { tenant, channel: name }, random }),
    log,
  });
  await taker.initialize();
  return {
    receive: async (request) => {
      const { answer, taken } = await taker.take(request);
      const messages = taken.flatMap(({ thread, message }) => {
        if (!message || message.text === '') return [];
        if (adapter.decodeThreadId(thread).phoneNumberId !== phoneNumberId) throw wrongNumber(name);
        const { id, text, author, metadata } = message;
        return [
          { event: id, address: author.userId, thread, isPrivate: true, text, sentMs: metadata.dateSent.getTime() },
        ];
      });
      return { answer, messages };
    },
    send: async (thread, text) => {
      try {
        await adapter.postMessage(thread, { markdown: text });
        return { sent: true };
      } catch (error) {
        return whatsappFailure(error);
      }
    },
  };
}

function wrongNumber(name: string): HoldfastError {
  return new HoldfastError('forbidden', `the channel ${name} is not that number’s`, {
    hint: 'Give the number a channel of its own.',
  });
}
