/**
 * Where the mail server that takes mail for a channel's address hands it on: SMTP on this machine's loopback address.
 *
 * 1. Whoever comes logs in by the channel's name and its secret, and brings mail for that one address.
 * 2. A mail is answered with yes when it is on the disk; what fails meanwhile is told as passing, and brought again. Of what is not
 *    taken nothing is kept, and its sender is told.
 * 3. However large a mail is, and however many come at once, no more than a bound of it is kept in memory.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { Clock, Log } from '../../base/index.ts';
import { type Channel, HoldfastError } from '../../schema/index.ts';
import type { Inbound } from '../types.ts';
import { type Answerable, readMail } from './read.ts';

export type EmailChannel = Extract<Channel, { kind: 'email' }>;

/** What SMTP answers: 4xx is brought again later, 5xx told to whoever wrote. */
export interface MailRefusal {
  code: 451 | 550 | 552;
  why: string;
}

export interface MailDoorParts {
  clock: Clock;
  log: Log;
  secret(tenant: string, name: string): Promise<string>;
  /** Resolves when it is on the disk, or with what keeps it from being taken. */
  take(message: Inbound, answerable: Answerable): Promise<MailRefusal | null>;
}

export interface MailDoor {
  close(): Promise<void>;
}

const host = '127.0.0.1';
const mostMailBytes = 5 * 1024 * 1024;
const mostAtOnce = 8;
const silentMs = 60_000;
const closingMs = 1000;

/** @throws HoldfastError `in-use` when somebody else has that port */
export async function openMailDoor(channel: EmailChannel, parts: MailDoorParts): Promise<MailDoor> {
  const { log } = parts;
  const server = new SMTPServer({
    name: 'holdfast',
    size: mostMailBytes,
    maxClients: mostAtOnce,
    socketTimeout: silentMs,
    closeTimeout: closingMs,
    disableReverseLookup: true,
    // Nobody is between this machine and itself.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    ...answersOf(channel, parts),
  });
  server.on('error', (error) => log.debug({ error, channel: channel.name }, 'a connection of a mail server failed'));
  await listening(server, channel);
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

type Answers = Required<Pick<SMTPServerOptions, 'onAuth' | 'onMailFrom' | 'onRcptTo' | 'onData'>>;

function answersOf(channel: EmailChannel, parts: MailDoorParts): Answers {
  const { tenant, name, address, secrets } = channel;
  const { log } = parts;
  return {
    onAuth: ({ username = '', password = '' }, _session, done) => {
      parts.secret(tenant, secrets.inboundPassword).then(
        (expected) => {
          if (username === name && isSame(password ?? '', expected)) done(null, { user: name });
          else done(smtpError(535, 'not known here'));
        },
        (error: unknown) => {
          log.error({ error, tenant, channel: name }, 'a channel cannot be opened');
          done(smtpError(454, 'not ready'));
        },
      );
    },
    onMailFrom: (_from, _session, done) => done(),
    onRcptTo: ({ address: to }, _session, done) =>
      done(to.toLowerCase() === address.toLowerCase() ? undefined : smtpError(550, 'no such address here')),
    onData: (stream, session, done) => {
      const from = session.envelope.mailFrom;
      const bounced = !from || from.address === '';
      collected(stream)
        .then((raw) => (raw === null ? smtpError(552, 'too large') : takeMail(channel, parts, { raw, bounced })))
        .then(
          (failure) => done(failure),
          (error: unknown) => {
            log.error({ error, tenant, channel: name }, 'a mail was not taken; its server brings it again');
            done(smtpError(451, 'not now'));
          },
        );
    },
  };
}

/** What to answer, where it is no. */
async function takeMail(
  { tenant, name, address, verifier }: EmailChannel,
  { log, clock, take }: MailDoorParts,
  { raw, bounced }: { raw: Uint8Array; bounced: boolean },
): Promise<Error | null> {
  const place = { address: address.toLowerCase(), verifier };
  const read = await readMail(raw, place, { bounced, nowMs: clock.nowMs() });
  if (read.type === 'ignored') {
    log.warn({ tenant, channel: name, why: read.why }, 'a mail is ignored');
    return null;
  }
  const refusal =
    read.type === 'message' ? await take(read.message, read.answerable) : ({ code: 550, why: read.why } as const);
  if (!refusal) return null;
  log.warn({ tenant, channel: name, why: refusal.why }, 'a mail is refused');
  return smtpError(refusal.code, refusal.why);
}

/** Null when it is larger than what is taken. */
async function collected(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.byteLength;
    if (bytes <= mostMailBytes) pieces.push(piece);
    else pieces.length = 0;
  }
  return bytes > mostMailBytes ? null : Buffer.concat(pieces);
}

const smtpError = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

/** Of whatever length. */
function isSame(given: string, expected: string): boolean {
  const [one, other] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

function listening(server: SMTPServer, { name, port }: EmailChannel): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown): void =>
      reject(
        new HoldfastError('in-use', `the channel ${name} cannot listen on ${host}:${port}`, {
          cause,
          hint: 'Another program has that port: give the channel another one, and tell its mail server.',
        }),
      );
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}
