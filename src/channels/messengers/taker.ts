/**
 * The `chat` SDK with its adapters, up to where it would begin to work on a message: that is handed to us instead, as part of
 * the webhook that it came with. Its own queue answers a service before anything is kept, and drops what came before the
 * newest; ours does neither (lines.ts).
 */
import { type Adapter, Chat, type Logger, type Message, type StateAdapter, type WebhookOptions } from 'chat';
import type { Log } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';

/** A message as an adapter hands it on; some are only read when asked for. */
export interface Taken {
  thread: string;
  message: Message | null;
}

export class Taker extends Chat<Record<string, Adapter>> {
  readonly #taken = new WeakMap<WebhookOptions, Taken[]>();
  readonly #name: string;

  constructor(given: { readonly name: string }, { state, log }: { state: StateAdapter; log: Log }) {
    // The adapters' types say `undefined` where this interface leaves it out; they are made for it.
    const adapter = given as Adapter;
    super({ userName: 'holdfast', adapters: { [adapter.name]: adapter }, state, logger: loggerOf(log) });
    this.#name = adapter.name;
  }

  override async processMessage(
    _adapter: Adapter,
    thread: string,
    message: Message | (() => Promise<Message>),
    options?: WebhookOptions,
  ): Promise<void> {
    // What is read when asked for asks the service for names that nobody needs here.
    const taken = { thread, message: typeof message === 'function' ? null : message };
    if (options) this.#taken.get(options)?.push(taken);
  }

  /** What a webhook brought, once its signature was found good. @throws HoldfastError `unauthenticated`, `invalid-argument` */
  async take(request: Request): Promise<{ answer: Response; taken: Taken[] }> {
    const options: WebhookOptions = {};
    const taken: Taken[] = [];
    this.#taken.set(options, taken);
    const answer = await this.webhooks[this.#name]?.(request, options).catch((cause: unknown) => {
      throw new HoldfastError('invalid-argument', 'the webhook’s body is not what its service sends', { cause });
    });
    if (answer?.status === 401 || answer?.status === 403) throw forged();
    if (answer?.ok) return { answer, taken };
    throw new HoldfastError('invalid-argument', 'the webhook is not what its service sends');
  }
}

function forged(): HoldfastError {
  return new HoldfastError('unauthenticated', 'the webhook is not signed by its service, or is too old', {
    hint: 'Look whether the secret that the channel names is the service’s, and whether this machine’s clock is right.',
  });
}

/** Messages and tokens may stand in what adapters tell: only the words are kept. */
export function loggerOf(log: Log): Logger {
  const logger: Logger = {
    child: () => logger,
    debug: (message) => log.debug({ by: 'chat' }, message),
    info: (message) => log.debug({ by: 'chat' }, message),
    warn: (message) => log.warn({ by: 'chat' }, message),
    error: (message) => log.error({ by: 'chat' }, message),
  };
  return logger;
}
