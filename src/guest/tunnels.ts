/**
 * Listeners and dials inside a sandbox, over its channel. Neighbours: tunnel-listener.ts, tunnel-stream.ts.
 *
 * 1. Never more than `maxListeners` listeners and `maxDialled` dialled connections are open, also not while they close.
 * 2. All windows together grow by at most `extraWindowBytes` beyond the first window of each stream.
 */
import type { Scope } from '../base/index.ts';
import { asHoldfastError, HoldfastError } from '../schema/index.ts';
import { callTimeoutMs, type GuestChannel } from './channel.ts';
import { lateError } from './channel-request.ts';
import type { Subject } from './errno.ts';
import { FieldWriter } from './fields.ts';
import {
  datagramWindowBytes,
  type ListenerOptions,
  type ListenerPlace,
  maxAccepted,
  type OnConnection,
  type OnDatagram,
  TunnelListener,
} from './tunnel-listener.ts';
import { firstWindowBytes, TunnelStream } from './tunnel-stream.ts';
import type { GuestListener, GuestStream, GuestTunnels, ListenAddress } from './types.ts';
import { messageTypes, tags } from './wire.ts';

export const maxListeners = 2048;
export const maxDialled = 256;
const datagramFlag = 1;
const extraWindowBytes = 32 * 1024 * 1024;

export class Tunnels implements GuestTunnels {
  readonly #channel: GuestChannel;
  readonly #shared: ListenerPlace['shared'] = { accepted: 0, budget: { extraBytes: extraWindowBytes } };
  #listeners = 0;
  #dialled = 0;

  constructor(channel: GuestChannel) {
    this.#channel = channel;
  }

  async listen(
    options: ListenAddress & { maxConnections?: number },
    onConnection: OnConnection,
    scope: Scope,
  ): Promise<GuestListener> {
    const most = options.maxConnections ?? maxAccepted;
    if (!Number.isInteger(most) || most < 1 || most > maxAccepted) {
      throw new HoldfastError(
        'invalid-argument',
        `maxConnections ${most} is not a whole number from 1 to ${maxAccepted}`,
      );
    }
    const fields = addressFields(options).int(tags.credit, firstWindowBytes).int(tags.count, most);
    return await this.#listen(fields, { ...options, most, onConnection }, scope);
  }

  async listenDatagrams(options: ListenAddress, onDatagram: OnDatagram, scope: Scope): Promise<GuestListener> {
    const fields = addressFields(options).int(tags.flags, datagramFlag).int(tags.credit, datagramWindowBytes);
    return await this.#listen(fields, { ...options, most: 0, onDatagram }, scope);
  }

  async dial(port: number, { address }: { address?: string }, scope: Scope): Promise<GuestStream> {
    if (this.#dialled >= maxDialled) throw tooMany(`${maxDialled} connections into this sandbox`);
    const channel = this.#channel;
    const subject: Subject = { kind: 'port', action: 'connect to', name: `${address ?? 'localhost'}:${port}` };
    const fields = new FieldWriter().int(tags.port, port).text(tags.path, address).int(tags.credit, firstWindowBytes);
    const make = (id: number): TunnelStream =>
      new TunnelStream({
        channel,
        id,
        subject,
        budget: this.#shared.budget,
        remotePort: port,
        localAddress: '',
        localPort: 0,
        released: () => {
          this.#dialled--;
          channel.release(id);
        },
      });
    const stream = channel.begin(messageTypes.dial, fields, make, scope);
    this.#dialled++;
    stream.once(
      'close',
      scope.onEnd((reason) => void stream.destroy(asHoldfastError(reason))),
    );
    const late = (): void => void stream.destroy(lateError(subject, callTimeoutMs));
    return await stream.opened.finally(channel.clock.after(callTimeoutMs, late));
  }

  #listen(fields: FieldWriter, options: ListenerOptions, scope: Scope): Promise<GuestListener> {
    if (this.#listeners >= maxListeners) throw tooMany(`${maxListeners} listeners in this sandbox`);
    const channel = this.#channel;
    const make = (id: number): TunnelListener => {
      const released = (): void => {
        this.#listeners--;
        channel.release(id);
      };
      return new TunnelListener({ channel, id, shared: this.#shared, scope, released }, options);
    };
    const listener = channel.begin(messageTypes.listen, fields, make, scope);
    this.#listeners++;
    return listener.opened;
  }
}

const addressFields = ({ address, port }: ListenAddress): FieldWriter =>
  new FieldWriter().text(tags.path, address).int(tags.port, port);

const tooMany = (what: string): HoldfastError =>
  new HoldfastError('busy', `${what} are open already`, { hint: 'Wait until some have ended.' });
