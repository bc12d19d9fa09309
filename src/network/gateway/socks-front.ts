/** SOCKS5 as a front: what was asked becomes a destination or a refusal in SOCKS's numbers. */
import type { Duplex } from 'node:stream';
import type { HoldfastError } from '../../schema/index.ts';
import { malformedHost } from '../policy/decisions.ts';
import { normaliseHost } from '../policy/names.ts';
import type { Arrival, FrontParts } from './carrier.ts';
import { hangUp } from './refusals.ts';
import { answerSocks, readSocks, type SocksReply } from './socks.ts';

const handshakeTimeoutMs = 10_000;

/** Null when the client was answered here, or went away. */
export async function arriveBySocks(stream: Duplex, { clock, refused }: FrontParts): Promise<Arrival | null> {
  const result = await readSocks(stream, { clock, timeoutMs: handshakeTimeoutMs });
  if (result.state === 'refused') {
    hangUp(stream);
    return null;
  }
  const say = (reply: SocksReply): void => {
    answerSocks(stream, reply);
    hangUp(stream);
  };
  const { host, port } = result.asked;
  const reading = normaliseHost(host);
  if (!reading.ok) {
    refused(result.asked, malformedHost(host, reading.reason));
    say('forbidden');
    return null;
  }
  return {
    stream,
    via: 'socks',
    destination: { host: reading.host, port },
    expected: port === 80 ? 'http' : 'tls',
    refuse: () => say('forbidden'),
    unreachable: (error) => say(replyFor(error)),
    accept: () => answerSocks(stream, 'succeeded'),
  };
}

const replyFor = ({ details }: HoldfastError): SocksReply =>
  details?.['reason'] === 'refused' ? 'refused' : 'hostUnreachable';
