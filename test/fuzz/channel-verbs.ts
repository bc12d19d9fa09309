/** What callers ask of a guest, as steps of channel.ts: each verb once, with what it needs. */
import { type GuestClient, type GuestStream, messageTypes } from '../../src/guest/index.ts';
import { type Choices, patternOf } from './bytes.ts';
import type { Session } from './channel.ts';

export type Verb = (session: Session, choices: Choices) => void | Promise<void>;

const start = {
  processId: 'p',
  argv: ['true'],
  environment: { A: 'b' },
  cwd: '/',
  timeoutMs: 60_000,
  graceMs: 1000,
  retainBytes: 65_536,
};
const localPlace = { address: '127.0.0.1', port: 80 };
/** Two of them are more than a channel lets wait. */
const upload = Buffer.alloc(700_000, 7);

/** A verb that is one promise. */
const ask =
  (name: string, of: (client: GuestClient, session: Session) => Promise<unknown>): Verb =>
  (session) =>
    session.wait(name, of(session.client, session));

export const verbs: [Verb, ...Verb[]] = [
  ask('ping', (client) => client.ping()),
  ask('spawn', (client) => client.spawn({ ...start, stdin: true, pty: { rows: 24, columns: 80 } })),
  ask('exec', (client) => client.exec({ ...start, outputCapBytes: 4096 })),
  ask('exec with input', (client) => client.exec({ ...start, outputCapBytes: 64, stdin: upload })),
  attach,
  ask('signal', (client) => client.signal('p', 'SIGTERM', { tree: true, wait: true })),
  ask('exec in a scope', (client, { scope }) => client.exec({ ...start, timeoutMs: 1000, outputCapBytes: 64 }, scope)),
  ask('hold still', (client) => client.still()),
  ask('let go of stdin', async (client) => (await client.stdin('p')).release()),
  detach,
  ask('resize', (client) => client.resize('p', 1, 1)),
  ask('list processes', (client) => client.listProcesses()),
  ask('forget', (client) => client.forget('p')),
  ask('lease', (client) => client.lease(1000)),
  ask('renew', (client) => client.renew({ incarnation: 'inc', generation: 'gen', leaseMs: 1000 })),
  ask('reset', (client) => client.reset()),
  ask('quiet', (client) => client.quiet()),
  ask('shutdown', (client) => client.shutdown(1)),
  ask('stdin', async (client) => {
    const input = await client.stdin('p');
    await input.write(upload);
    await input.end();
  }),
  ask('stat', (client, { scope }) => client.files.stat('/a', {}, scope)),
  ask('list', (client) => client.files.list('/a').all({ maxEntries: 3 })),
  readStream,
  ask('read all', (client) => client.files.readAll('/a', { maxBytes: 100_000 })),
  ask('write', (client) => client.files.write('/a', upload, { mode: 0o600, parents: true })),
  ask('write pieces', (client) => client.files.write('/a', pieces(), { exclusive: true })),
  ask('remove', (client) => client.files.remove('/a', { recursive: true })),
  ask('move', (client) => client.files.move('/a', '/b')),
  ask('search', (client) =>
    client.files.search({ path: '/', pattern: 'a', regex: true, ignoreCase: true, maxMatches: 3 }),
  ),
  watch,
  listen,
  listenDatagrams,
  dial,
  ask('in a short scope', async ({ files }, session) => {
    await using scope = session.scope.child({ name: 'short', timeoutMs: 50 });
    await Promise.allSettled([session.client.ping(scope), files.readAll('/a', {}, scope)]);
  }),
];

async function attach(session: Session): Promise<void> {
  const attachment = session.client.attach('p', { stdoutOffset: 0 });
  session.wait('exit', attachment.exit);
  const pattern = patternOf(await session.idOf(messageTypes.attach));
  session.wait(
    'output',
    all(attachment.output, (chunk) => session.received(chunk.data, pattern, 'an attachment')),
  );
}

function detach(session: Session): void {
  const attachment = session.client.attach('p', { stdoutOffset: 0, stderrOffset: 9 });
  session.wait('exit', attachment.exit);
  attachment.detach();
}

async function readStream(session: Session, choices: Choices): Promise<void> {
  const reading = session.client.files.readStream('/a', { length: 1 + choices.byte() * 1000 });
  session.wait('open for reading', reading);
  const pattern = patternOf(await session.idOf(messageTypes.read));
  const taken = async (): Promise<void> => {
    const { stream } = await reading;
    await all(stream, (chunk) => session.received(chunk, pattern, 'a file'));
  };
  session.wait('read stream', taken());
}

function watch(session: Session): void {
  const watching = session.client.files.watch('/a', { recursive: true });
  session.wait('watch', watching.ready);
  session.wait(
    'changes',
    all(watching, () => undefined),
  );
}

function listen(session: Session, choices: Choices): void {
  const most = 1 + (choices.byte() % 8);
  // Its port says which pattern it has.
  const take = (stream: GuestStream): void => session.take(stream, stream.remotePort);
  const { tunnels } = session.client;
  session.wait('listen', tunnels.listen({ ...localPlace, maxConnections: most }, take, session.scope));
}

function listenDatagrams(session: Session): void {
  const answer = (data: Buffer, reply: (data: Uint8Array) => void): void => reply(data);
  session.wait('listen for datagrams', session.client.tunnels.listenDatagrams(localPlace, answer, session.scope));
}

async function dial(session: Session): Promise<void> {
  const dialling = session.client.tunnels.dial(80, {}, session.scope);
  session.wait('dial', dialling);
  const pattern = patternOf(await session.idOf(messageTypes.dial));
  session.wait(
    'connection',
    dialling.then((stream) => session.take(stream, pattern)),
  );
}

async function all<T>(items: AsyncIterable<T>, take: (item: T) => void): Promise<void> {
  for await (const item of items) take(item);
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < upload.length; at += 200_000) yield upload.subarray(at, at + 200_000);
}
