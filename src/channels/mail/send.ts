/**
 * Answers as mails, given to the mail server that sends them on.
 *
 * 1. An answer stands in the thread of the mail that it answers, by its subject and references, and goes to that address alone.
 * 2. It says that a program wrote it, so that no other program answers it.
 * 3. Passwords and what was said cross other machines under TLS only.
 */
import { createHash } from 'node:crypto';
import { createTransport, type Transporter } from 'nodemailer';
import { HoldfastError } from '../../schema/index.ts';
import { type ChannelRepository, notesOf } from '../../state/index.ts';
import { isLoginFailure, mailFailure } from '../messengers/failures.ts';
import type { ChannelParts, Messenger } from '../types.ts';
import type { EmailChannel } from './door.ts';
import type { Answerable } from './read.ts';

const keptMs = 90 * 86_400_000;
const connectMs = 10_000;
const silentMs = 20_000;
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const mostReferences = 20;

/** The newest mail of a thread from an address. Kept under the address, so that it goes with it. */
export function answerables(
  channels: Pick<ChannelRepository, 'getValue' | 'putValue'>,
  { tenant, name }: Pick<EmailChannel, 'tenant' | 'name'>,
): {
  put(at: { thread: string; address: string }, answerable: Answerable, nowMs: number): void;
  get(at: { thread: string; address: string }, nowMs: number): Answerable | null;
} {
  const keyOf = ({ thread, address }: { thread: string; address: string }): string =>
    `${notesOf({ tenant, channel: name })}mail:${thread}:${address}`;
  return {
    put: (at, answerable, nowMs) => channels.putValue(keyOf(at), answerable, nowMs + keptMs),
    // Written by `put` alone.
    get: (at, nowMs) => channels.getValue(keyOf(at), nowMs) as Answerable | null,
  };
}

export async function openEmail(channel: EmailChannel, parts: ChannelParts): Promise<Messenger> {
  const { clock, store } = parts;
  let transport = await transportOf(channel, parts);
  let isLoginRefused = false;
  const known = answerables(store.channels, channel);
  return {
    receive: () => Promise.reject(new HoldfastError('internal', 'a mail comes by no webhook')),
    send: async (thread, text, { id, address }) => {
      const nowMs = clock.nowMs();
      const { subject, messageId, references } = known.get({ thread, address }, nowMs) ?? unknown;
      // The password may have been changed: the relay's first, or here.
      if (isLoginRefused) transport = await transportOf(channel, parts);
      isLoginRefused = false;
      try {
        await transport.sendMail({
          from: channel.address,
          to: { name: '', address },
          subject: /^re:/i.test(subject) ? subject : `Re: ${subject}`.trim(),
          text,
          messageId: idOf(channel, [id, address, text, messageId]),
          ...(messageId === null
            ? {}
            : {
                inReplyTo: `<${messageId}>`,
                references: [...references, messageId].slice(-mostReferences).map((each) => `<${each}>`),
              }),
          date: new Date(nowMs),
          headers: { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All' },
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        return { sent: true };
      } catch (error) {
        isLoginRefused = isLoginFailure(error);
        return mailFailure(error);
      }
    },
  };
}

const unknown: Answerable = { subject: 'your message', messageId: null, references: [] };

/** What is sent again after a crash is the same mail. */
function idOf({ address, tenant, name }: EmailChannel, of: readonly unknown[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([tenant, name, ...of]))
    .digest('hex');
  return `<hf-${digest.slice(0, 32)}@${address.slice(address.lastIndexOf('@') + 1)}>`;
}

async function transportOf(
  { tenant, relay, secrets }: EmailChannel,
  { secret }: Pick<ChannelParts, 'secret'>,
): Promise<Transporter> {
  const { protocol, hostname, port, username } = new URL(relay);
  const isTls = protocol === 'smtps:';
  const isHere = loopback.test(hostname);
  const user = decodeURIComponent(username);
  const pass = secrets.relayPassword === undefined ? null : await secret(tenant, secrets.relayPassword);
  return createTransport({
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: port === '' ? (isTls ? 465 : 587) : Number(port),
    secure: isTls,
    requireTLS: !isTls && !isHere,
    ignoreTLS: isHere && !isTls,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silentMs,
    logger: false,
    ...(pass === null ? {} : { auth: { user, pass } }),
  });
}
