import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { exited, type FakeAttachment } from '../../test/fixtures/fake-attachment.ts';
import { errorOf, type Served, serveUnix } from '../../test/fixtures/served.ts';
import { unixTransport } from '../base/http.ts';
import { attachProtocol, HoldfastError, type OutputChunk, packControl, packStdin } from '../schema/index.ts';

let served: Served;
let onAttach: (attachment: FakeAttachment) => void = () => undefined;
beforeAll(async () => {
  served = await serveUnix();
  const { attachProcess } = served.service;
  served.service.attachProcess = async (...args) => {
    const attachment = await attachProcess(...args);
    onAttach(attachment as FakeAttachment);
    return attachment;
  };
});
afterAll(() => served[Symbol.asyncDispose]());

async function attach(prepare: (attachment: FakeAttachment) => void = () => undefined) {
  let process: FakeAttachment | undefined;
  onAttach = (attachment) => {
    process = attachment;
    prepare(attachment);
  };
  const attachment = await served.client.attachProcess('box-default', 'prc-1');
  if (!process) throw new Error('nothing was attached');
  return { attachment, process };
}

async function* printed(...texts: string[]): AsyncGenerator<OutputChunk, void, undefined> {
  let offset = 0;
  for (const [index, text] of texts.entries()) {
    const data = new TextEncoder().encode(text);
    yield { stream: index % 2 === 0 ? 'stdout' : 'stderr', offset, data, gapBytes: index * 2 ** 33 };
    offset += data.length;
  }
}

async function textOf(output: AsyncIterable<OutputChunk>): Promise<string> {
  let text = '';
  for await (const chunk of output) text += new TextDecoder().decode(chunk.data);
  return text;
}

describe('an attachment', () => {
  it('brings output byte by byte, with offsets and gaps, then the exit', async () => {
    const { attachment } = await attach((process) => {
      process.print(printed('one', 'ä', ''));
      process.end();
    });
    const chunks: OutputChunk[] = [];
    for await (const chunk of attachment.output) chunks.push(chunk);
    const bare = chunks.map(({ stream, offset, gapBytes, data }) => [
      stream,
      offset,
      gapBytes,
      Buffer.from(data).toString(),
    ]);
    expect(bare).toEqual([
      ['stdout', 0, 0, 'one'],
      ['stderr', 3, 2 ** 33, 'ä'],
      ['stdout', 5, 2 ** 34, ''],
    ]);
    expect(await attachment.exit).toEqual(exited);
  });

  it('types, resizes and ends the input, in order and with answers', async () => {
    const { attachment, process } = await attach();
    await attachment.write(new TextEncoder().encode('ls\n'));
    await attachment.resize(50, 132);
    await attachment.endInput();
    expect([process.typed, process.sizes, process.inputEnded]).toEqual([['ls\n'], [[50, 132]], true]);
    expect(await errorOf(attachment.write(new Uint8Array(1)))).toMatchObject({ code: 'wrong-state' });
    process.end({ ...exited, reason: 'signalled', exitCode: null, signal: 'SIGKILL' });
    expect(await attachment.exit).toMatchObject({ reason: 'signalled', signal: 'SIGKILL' });
    expect(await errorOf(attachment.write(new Uint8Array(1)).then(() => attachment.endInput()))).toMatchObject({
      code: 'wrong-state',
    });
  });

  it('carries much input, whole and in order, however fast it is written', async () => {
    const { attachment, process } = await attach();
    const text = Array.from({ length: 800_000 }, (_, line) => line).join('\n');
    const bytes = new TextEncoder().encode(text);
    const half = bytes.length >> 1;
    await Promise.all([attachment.write(bytes.subarray(0, half)), attachment.write(bytes.subarray(half))]);
    expect(process.typed.join('') === text).toBe(true);
    await attachment.detach();
  });

  it('leaves without ending anything', async () => {
    const { attachment, process } = await attach();
    const reading = textOf(attachment.output);
    await attachment.detach();
    expect(await reading).toBe('');
    expect(await errorOf(attachment.exit)).toMatchObject({ code: 'cancelled' });
    await expect.poll(() => process.detached).toBe(true);
    expect(served.service.calls.filter((call) => call.verb === 'signalProcess')).toEqual([]);
  });

  it('holds back the output of a process whose reader is slow', async () => {
    const piece = new Uint8Array(65_536);
    const { attachment, process } = await attach((one) => {
      one.print(
        (async function* () {
          for (let offset = 0; offset < 512 * piece.length; offset += piece.length) {
            yield { stream: 'stdout' as const, offset, data: piece, gapBytes: 0 };
          }
        })(),
      );
      one.end();
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(process.pulledBytes).toBeLessThanOrEqual(5 * 1024 * 1024);
    // The exit is known although the output is not read.
    expect(await attachment.exit).toEqual(exited);
    let read = 0;
    for await (const chunk of attachment.output) read += chunk.data.length;
    expect(read).toBe(512 * piece.length);
  });

  it('fails with the reason of the service', async () => {
    expect(await errorOf(served.client.attachProcess('box-default', 'prc-9'))).toMatchObject({
      code: 'process-not-found',
    });
    const { attachment, process } = await attach();
    process.fail(new HoldfastError('sandbox-died', 'it died', { details: { a: 1 } }));
    expect(await errorOf(attachment.exit)).toMatchObject({ code: 'sandbox-died', details: { a: 1 } });
    expect(await errorOf(textOf(attachment.output))).toMatchObject({ code: 'sandbox-died' });
  });

  it('gives up with its caller’s signal', async () => {
    const { attachProcess } = served.service;
    served.service.attachProcess = () => new Promise(() => undefined);
    const signal = AbortSignal.timeout(50);
    expect(await errorOf(served.client.attachProcess('box-default', 'prc-1', { signal }))).toMatchObject({
      code: 'deadline-exceeded',
    });
    served.service.attachProcess = attachProcess;
  });
});

describe('a client that misbehaves', () => {
  async function open(): Promise<{ socket: WebSocket; told: Promise<string[]> }> {
    onAttach = (attachment) => {
      attachment.gate = new Promise(() => undefined);
    };
    const { openSocket } = unixTransport(served.socketPath);
    const url = 'ws://holdfast/v1/sandboxes/box-default/processes/prc-1/attach';
    const socket = await openSocket(url, [attachProtocol]);
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => messages.push(data.subarray(1).toString()));
    const told = new Promise<string[]>((resolve) => socket.on('close', () => resolve(messages)));
    await new Promise((resolve) => socket.once('open', resolve));
    return { socket, told };
  }

  it.each<[string, (socket: WebSocket) => void]>([
    ['text', (socket) => socket.send('hello')],
    ['an empty message', (socket) => socket.send(new Uint8Array())],
    ['an unknown channel', (socket) => socket.send(new Uint8Array([9, 1]))],
    ['output', (socket) => socket.send(new Uint8Array([1, 1]))],
    ['control that is not JSON', (socket) => socket.send(new Uint8Array([3, 0xff]))],
    ['a size of nothing', (socket) => socket.send(packControl({ type: 'resize', rows: 0, columns: 1 }))],
    [
      'input without waiting for its answers',
      (socket) => {
        for (let sent = 0; sent < 10; sent++) socket.send(packStdin(new Uint8Array(512 * 1024)));
      },
    ],
  ])('is told why and closed: %s', async (_, misbehave) => {
    const { socket, told } = await open();
    misbehave(socket);
    expect((await told).at(-1)).toMatch(/^\{"type":"error","error":\{"code":"invalid-argument"/);
    await expect.poll(() => served.service.attachments.at(-1)?.detached).toBe(true);
  });

  it('is cut off at a message too large', async () => {
    const { socket, told } = await open();
    socket.send(new Uint8Array(2 * 1024 * 1024));
    await told;
    await expect.poll(() => served.service.attachments.at(-1)?.detached).toBe(true);
  });
});
