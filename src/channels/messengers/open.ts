/** The code of a service is loaded for its first message. */
import type { ChannelParts, Messenger, ServiceChannel } from '../types.ts';

export async function openMessenger(channel: ServiceChannel, parts: ChannelParts): Promise<Messenger> {
  if (channel.kind === 'email') return (await import('../mail/send.ts')).openEmail(channel, parts);
  if (channel.kind === 'slack') return (await import('./slack.ts')).openSlack(channel, parts);
  return (await import('./whatsapp.ts')).openWhatsApp(channel, parts);
}
