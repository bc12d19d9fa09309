/**
 * One listener inside a sandbox, for connections or for datagrams. Made by tunnels.ts.
 *
 * 1. Its id is the channel's until the guest's ERROR, which ends our CANCEL (or says why it never listened); what is
 *    accepted meanwhile is reset.
 * 2. The guest never has more of its connections open than `most`, nor more than `maxAccepted` in all. One that was given
 *    up here counts until the guest's last frame for it.
 * 3. Datagrams count against a window, and are granted again when the taker has returned.
 */
import { Buffer } from 'node:buffer';
import type { Scope } from '../base/index.ts';
import { asHoldfastError, HoldfastError } from '../schema/index.ts';
import { callTimeoutMs, type GuestChannel, type Receiver } from './channel.ts';
import { lateError, unexpected } from './channel-request.ts';
import { errnoError, type Subject } from './errno.ts';
import { Fields } from './fields.ts';
import { encodeFrame, protocolError, writeUint32 } from './frames.ts';
import { TunnelStream, type WindowBudget } from './tunnel-stream.ts';
import type { GuestListener, GuestStream, ListenAddress } from './types.ts';
import { messageTypes, tags } from './wire.ts';

export const maxAccepted = 1024;
export const maxDatagramBytes = 4096;
export const datagramWindowBytes: number = 256 * 1024;
const peerBytes = 6;
const empty = new Uint8Array(0);

export type OnConnection = (stream: GuestStream) => void;
export type OnDatagram = (data: Buffer, reply: (data: Uint8Array) => void) => void;

export interface ListenerOptions extends ListenAddress {
  most: number;
  onConnection?: OnConnection;
  onDatagram?: OnDatagram;
}

/** Where it stands, and what all listeners of a channel count together. */
export interface ListenerPlace {
  channel: GuestChannel;
  id: number;
  shared: { accepted: number; budget: WindowBudget };
  scope: Scope;
  /** The id means nothing any more. */
  released: () => void;
}

export class TunnelListener implements GuestListener, Receiver {
  readonly inPieces = false;
  readonly borrows = false;
  readonly address: string;
  port: number;
  readonly opened: Promise<GuestListener>;
  readonly closed: Promise<void>;
  readonly #place: ListenerPlace;
  readonly #options: ListenerOptions;
  readonly #subject: Subject;
  readonly #opening = Promise.withResolvers<GuestListener>();
  readonly #closing = Promise.withResolvers<void>();
  readonly #leave: () => void;
  #state: 'opening' | 'open' | 'closing' | 'over' = 'opening';
  /** The guest's OK was seen, though our CANCEL may have been faster. */
  #answered = false;
  #open = 0;
  #datagramCredit = datagramWindowBytes;

  constructor(place: ListenerPlace, options: ListenerOptions) {
    this.#place = place;
    this.#options = options;
    this.address = options.address;
    this.port = options.port;
    this.opened = this.#opening.promise;
    this.closed = this.#closing.promise;
    this.#subject = { kind: 'port', action: 'listen on', name: `${options.address}:${options.port}` };
    const { channel, scope } = place;
    const late = (): void => this.#cancel(lateError(this.#subject, callTimeoutMs));
    this.opened.finally(channel.clock.after(callTimeoutMs, late)).catch(() => undefined);
    this.#leave = scope.onEnd((reason) => this.#cancel(asHoldfastError(reason)));
  }

  close(): Promise<void> {
    this.#cancel(new HoldfastError('cancelled', `the listener on ${this.#subject.name} was closed`));
    return this.closed;
  }

  receive(type: number, payload: Buffer): void {
    if (type === messageTypes.ok) this.#receiveOk(payload);
    else if (type === messageTypes.error) this.#receiveError(payload);
    else if (type === messageTypes.incoming && this.#options.onConnection) this.#receiveIncoming(payload);
    else if (type === messageTypes.datagram && this.#options.onDatagram) this.#receiveDatagram(payload);
    else throw unexpected(type, this.#subject);
  }

  /** The channel has ended. */
  settle(reason: HoldfastError): void {
    this.#end(reason);
  }

  #cancel(reason: HoldfastError): void {
    if (this.#state === 'closing' || this.#state === 'over') return;
    this.#state = 'closing';
    this.#place.channel.send(encodeFrame(messageTypes.cancel, this.#place.id, empty));
    this.#opening.reject(reason);
  }

  #end(reason: HoldfastError): void {
    this.#state = 'over';
    this.#leave();
    this.#place.released();
    this.#opening.reject(reason);
    this.#closing.resolve();
  }

  #receiveOk(payload: Buffer): void {
    const port = new Fields(payload).int(tags.port);
    if (this.#answered) throw unexpected(messageTypes.ok, this.#subject);
    this.#answered = true;
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.port = port;
    this.#opening.resolve(this);
  }

  #receiveError(payload: Buffer): void {
    if (this.#state === 'open') throw unexpected(messageTypes.error, this.#subject);
    const fields = new Fields(payload);
    this.#end(errnoError(fields.int(tags.errno), fields.optionalText(tags.message) ?? '', this.#subject));
  }

  #receiveIncoming(payload: Buffer): void {
    const { channel, shared } = this.#place;
    if (!this.#answered || this.#open >= this.#options.most || shared.accepted >= maxAccepted) {
      throw protocolError('the guest accepted more connections than it was allowed');
    }
    const fields = new Fields(payload);
    const id = fields.int(tags.stream);
    const stream = new TunnelStream({
      channel,
      id,
      subject: { kind: 'port', action: 'keep a connection to', name: `${this.address}:${this.port}` },
      budget: shared.budget,
      remotePort: fields.int(tags.port),
      localAddress: this.address,
      localPort: this.port,
      credit: fields.int(tags.credit),
      released: () => {
        this.#open--;
        shared.accepted--;
        channel.release(id);
      },
    });
    channel.adopt(id, stream);
    this.#open++;
    shared.accepted++;
    this.#hand(stream);
  }

  #hand(stream: TunnelStream): void {
    if (this.#state !== 'open') {
      stream.destroy();
      return;
    }
    try {
      this.#options.onConnection?.(stream);
    } catch (error) {
      stream.destroy(asHoldfastError(error));
    }
  }

  #receiveDatagram(payload: Buffer): void {
    if (!this.#answered || payload.length < peerBytes || payload.length > peerBytes + maxDatagramBytes) {
      throw protocolError('a DATAGRAM frame from the guest is malformed');
    }
    if (payload.length > this.#datagramCredit) throw protocolError('the guest sent more than it was granted');
    this.#datagramCredit -= payload.length;
    if (this.#state !== 'open') return;
    // Copied: whoever keeps a datagram must not keep the chunk around it.
    const copy = Buffer.from(payload);
    const peer = copy.subarray(0, peerBytes);
    try {
      this.#options.onDatagram?.(copy.subarray(peerBytes), (data) => this.#reply(peer, data));
    } catch (error) {
      this.#place.scope.log(`a datagram to ${this.#subject.name} was not taken: ${asHoldfastError(error).message}`);
    }
    this.#grantDatagrams();
  }

  #reply(peer: Buffer, data: Uint8Array): void {
    if (data.length > maxDatagramBytes) {
      throw new HoldfastError('invalid-argument', `a datagram of ${data.length} bytes is over ${maxDatagramBytes}`, {
        hint: 'Send less, or let the asker come back by TCP.',
      });
    }
    const { channel, id } = this.#place;
    if (this.#state !== 'open' || !channel.mayUpload) return;
    channel.send(encodeFrame(messageTypes.datagram, id, Buffer.concat([peer, data])));
  }

  #grantDatagrams(): void {
    const more = datagramWindowBytes - this.#datagramCredit;
    if (more < datagramWindowBytes / 4 || this.#state !== 'open') return;
    this.#datagramCredit += more;
    const payload = new Uint8Array(4);
    writeUint32(payload, 0, more);
    this.#place.channel.send(encodeFrame(messageTypes.credit, this.#place.id, payload));
  }
}
