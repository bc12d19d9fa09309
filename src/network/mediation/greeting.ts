/**
 * The first message of TLS, waited for before anything answers it: the name decides whether there is a handshake at all,
 * the protocols what is offered to the outside. What was read is put back.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import { type ClientHello, maxHelloBytes, readClientHello } from '../client-hello.ts';

const timeoutMs = 30_000;

/** @throws Error when it is not TLS, too long, too slow or cut off */
export function readGreeting(stream: Duplex, clock: Clock): Promise<ClientHello> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const settle = (work: () => void): void => {
      cancel();
      stream.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd).pause();
      if (held.length > 0 && !stream.destroyed && !stream.readableEnded) stream.unshift(held);
      work();
    };
    const fail = (why: string): void => settle(() => reject(new Error(why)));
    const onData = (chunk: Buffer): void => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const result = readClientHello(held);
      if (result.state === 'complete') settle(() => resolve(result.hello));
      else if (result.state === 'malformed') fail(`this is not a TLS greeting: ${result.why}`);
      else if (held.length >= maxHelloBytes) fail('the TLS greeting is too long');
    };
    const onEnd = (): void => fail('the connection ended before its TLS greeting');
    const cancel = clock.after(timeoutMs, () => fail('the TLS greeting came too slowly'));
    stream.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd);
  });
}
