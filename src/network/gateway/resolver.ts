/**
 * The resolver of a sandbox. It asks nobody: an allowed name has its synthetic address, all others do not exist.
 *
 * 1. An address is told only once somebody listens there.
 * 2. Names are compared in their canonical spelling, and answered in the asker's.
 * 3. Every lookup is a flow, counted where there are too many.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import type { Decision } from '../../schema/index.ts';
import { malformedHost } from '../policy/decisions.ts';
import { normaliseHost } from '../policy/names.ts';
import type { GatewaySandbox } from '../types.ts';
import {
  type DnsAnswer,
  DnsFrames,
  type DnsQuestion,
  dnsTypes,
  framed,
  readDns,
  writeDns,
  writeDnsError,
} from './dns-message.ts';
import { pointerAddress } from './synthetic.ts';

export interface ResolverParts {
  clock: Clock;
  current(): GatewaySandbox;
  /** May anything be sent to it? */
  name(host: string): Decision;
  /** The name's address, listened on; null when there is no room. */
  place(host: string): Promise<string | null>;
  nameOf(address: string): string | null;
  /** @param address what was answered, if anything */
  asked(host: string, decision: Decision, address: string | null): void;
}

const blocked = 15;
const filtered = 17;
const mostWaiting = 256;
const streamTimeoutMs = 10_000;
const mostPerStream = 1024;

export class Resolver {
  readonly #parts: ResolverParts;
  #waiting = 0;

  constructor(parts: ResolverParts) {
    this.#parts = parts;
  }

  /** Null: no answer, the asker asks again. */
  async answer(message: Buffer): Promise<Buffer | null> {
    const read = readDns(message);
    if (read.state === 'drop') return null;
    if (read.state === 'error') return writeDnsError(read.id, read.code);
    if (this.#waiting >= mostWaiting) return null;
    this.#waiting++;
    try {
      return writeDns(read.question, await this.#resolve(read.question));
    } finally {
      this.#waiting--;
    }
  }

  /** One stream, several questions, answered in their order. */
  async serve(stream: Duplex): Promise<void> {
    const frames = new DnsFrames();
    let cancel = (): void => undefined;
    const watch = (): void => {
      cancel();
      cancel = this.#parts.clock.after(streamTimeoutMs, () => stream.destroy());
    };
    try {
      watch();
      let count = 0;
      for await (const chunk of stream) {
        for (const message of frames.push(chunk)) {
          const answer = await this.answer(message);
          if (!answer || ++count > mostPerStream) return;
          stream.write(framed(answer));
          watch();
        }
      }
      stream.end();
    } catch {
      // Broken, or nonsense: either way there is nobody to tell.
    } finally {
      cancel();
      if (!stream.writableEnded) stream.destroy();
    }
  }

  async #resolve(question: DnsQuestion): Promise<DnsAnswer> {
    const { name, type } = question;
    if (name === null) return this.#refuse('?', malformedHost('?', 'the name has odd bytes'));
    const lower = name.toLowerCase();
    if (lower === 'localhost' || lower.endsWith('.localhost')) {
      return type === dnsTypes.a ? { code: 'noError', address: '127.0.0.1' } : { code: 'noError' };
    }
    const pointed = pointerAddress(lower);
    if (pointed) return this.#point(pointed, type);
    const reading = normaliseHost(name);
    if (!reading.ok) return this.#refuse(name, malformedHost(name, reading.reason));
    if (reading.kind !== 'name') return this.#refuse(name, malformedHost(name, 'an address is no name to look up'));
    const decision = this.#parts.name(reading.host);
    const { recorder } = this.#parts.current();
    if (type === dnsTypes.a || !decision.allowed) recorder?.resolved(reading.host, decision.allowed);
    if (!decision.allowed) return this.#refuse(reading.host, decision);
    if (type !== dnsTypes.a) return { code: 'noError' };
    const met = this.#parts.current().noise?.lookup(reading.host);
    if (met?.fault.kind === 'network.no-name') return { code: 'noName' };
    if (met) await this.#parts.clock.sleep(Number(met.parameters['delayMs']));
    const address = await this.#parts.place(reading.host).catch(() => null);
    this.#parts.asked(reading.host, decision, address);
    return address ? { code: 'noError', address } : { code: 'serverFailure' };
  }

  #point(address: string, type: number): DnsAnswer {
    if (type !== dnsTypes.ptr) return { code: 'noError' };
    const name = address === '127.0.0.1' ? 'localhost' : this.#parts.nameOf(address);
    return name ? { code: 'noError', pointer: name } : { code: 'noName' };
  }

  #refuse(name: string, decision: Decision): DnsAnswer {
    this.#parts.asked(name, decision, null);
    const code = decision.code === 'denied-by-rule' ? blocked : filtered;
    return { code: 'noName', extended: { code, text: `${decision.code}: ${decision.message}` } };
  }
}
