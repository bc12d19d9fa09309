/** Slack: private threads with the app, and threads of channels where it is spoken to by name. */
import { createSlackAdapter } from '@chat-adapter/slack';
import { z } from 'zod';
import type { Log } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { ChannelParts, Inbound, Messenger, ServiceChannel } from '../types.ts';
import { slackFailure } from './failures.ts';
import { stateOf } from './state.ts';
import { loggerOf, Taker } from './taker.ts';

type SlackChannel = Extract<ServiceChannel, { kind: 'slack' }>;

const requestTimeoutMs = 10_000;

const envelopeSchema = z.looseObject({
  team_id: z.string().max(64),
  event_id: z.string().min(1).max(128),
  event: z.looseObject({
    type: z.string(),
    channel_type: z.string().exactOptional(),
    user: z.string().max(64).exactOptional(),
    bot_id: z.string().exactOptional(),
    ts: z.string().regex(/^\d{1,12}\.\d{1,9}$/),
  }),
});

export async function openSlack(channel: SlackChannel, parts: ChannelParts): Promise<Messenger> {
  const { store, clock, random, log, secret } = parts;
  const { tenant, name, team, secrets, apiUrl } = channel;
  const adapter = createSlackAdapter({
    botToken: await secret(tenant, secrets.botToken),
    signingSecret: await secret(tenant, secrets.signingSecret),
    logger: loggerOf(log),
    userName: 'holdfast',
    // We ask again ourselves, and say so.
    webClientOptions: {
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: requestTimeoutMs,
      logger: clientLogger(log),
    },
    ...(apiUrl === undefined ? {} : { apiUrl }),
  });
  const taker = new Taker(adapter, {
    state: stateOf(store.channels, clock, { of: { tenant, channel: name }, random }),
    log,
  });
  await taker.initialize();
  return {
    receive: async (request) => {
      const headers = new Headers(request.headers);
      // What is repeated we know ourselves; nobody speaks for a socket here.
      headers.delete('x-slack-retry-num');
      headers.delete('x-slack-socket-token');
      const body = await request.text();
      const { answer, taken } = await taker.take(new Request(request.url, { method: request.method, headers, body }));
      const [first] = taken;
      if (!first) return { answer, messages: [] };
      const { team_id, event_id, event } = envelopeOf(body);
      if (team_id !== team) throw wrongTeam(name);
      const isPrivate = event.channel_type === 'im';
      // A channel's other messages are not for us, and what programs say is not a person's.
      if (event.user === undefined || event.bot_id !== undefined || (!isPrivate && event.type !== 'app_mention')) {
        return { answer, messages: [] };
      }
      const message: Inbound = {
        event: event_id,
        address: event.user,
        thread: first.thread,
        isPrivate,
        text: adapter.parseMessage(event).text.replace(isPrivate ? /^\s+/ : /^\s*@\S+\s*/, ''),
        sentMs: Number(event.ts) * 1000,
      };
      return { answer, messages: message.text === '' ? [] : [message] };
    },
    send: async (thread, text) => {
      try {
        // Nothing that an agent says calls a whole channel.
        await adapter.postMessage(thread, { markdown: text.replace(/<!/g, '‹!') });
        return { sent: true };
      } catch (error) {
        return slackFailure(error);
      }
    },
  };
}

type ClientOptions = NonNullable<NonNullable<Parameters<typeof createSlackAdapter>[0]>['webClientOptions']>;
type ClientLogger = NonNullable<ClientOptions['logger']>;

/** What Slack's client would say on our stderr. */
function clientLogger(log: Log): ClientLogger {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...words) => log.warn({ by: 'slack' }, words.join(' ')),
    error: (...words) => log.error({ by: 'slack' }, words.join(' ')),
    setLevel: () => undefined,
    setName: () => undefined,
    // Its level is ours; the word is one of its enumeration.
    getLevel: () => 'warn' as ReturnType<ClientLogger['getLevel']>,
  };
}

function envelopeOf(body: string): z.infer<typeof envelopeSchema> {
  const read = envelopeSchema.safeParse(JSON.parse(body));
  if (read.success) return read.data;
  throw new HoldfastError('invalid-argument', 'the webhook’s event is not what Slack sends', { cause: read.error });
}

function wrongTeam(name: string): HoldfastError {
  return new HoldfastError('forbidden', `the channel ${name} is not that workspace’s`, {
    hint: 'Give the workspace a channel of its own.',
  });
}
