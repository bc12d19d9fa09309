/**
 * Layers into and out of a host's launcher while it does other things: credit, cancelling, a peer that goes, an ordinary
 * user's layers. What the streams may hold is layer-transfer.test.ts's.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { at, kind, operation, type Stream, streamOf, sums } from '../fixtures/layer-wire.ts';
import { type Channel, message, Refusal } from './launcher-frames.ts';
import { Rig, type RigOptions } from './launcher-rig.ts';

const isRoot = process.getuid?.() === 0;
const firstMappedId = 1879048192;
const ordinaryUser = 1000;
const cancel = 0x03;
const powersKept = 8;
const errno = { EPERM: 1, ENOSYS: 38, EPIPE: 32, ECANCELED: 125 };

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

async function start(options: RigOptions = {}): Promise<Rig> {
  rig = await new Rig(options).start();
  return rig;
}

async function refused(promise: Promise<unknown>): Promise<number> {
  return promise.then(
    () => expect.fail('not refused'),
    (error: unknown) => (error instanceof Refusal ? error.errno : expect.fail(String(error))),
  );
}

async function send(channel: Channel, fields: [number, string | number][]): Promise<Stream> {
  const frames: Buffer[] = [];
  const end = await channel.ask(operation.send, fields, (frame) => frames.push(Buffer.from(frame.payload)), [
    message.end,
  ]);
  return { frames, end: Buffer.from(end.raw()) };
}

async function take(channel: Channel, path: string, stream: Stream): Promise<Buffer> {
  let credit = 1 << 20;
  let wake = (): void => undefined;
  const { id, answer } = channel.open(operation.take, [[at.path, path]], (frame) => {
    credit += frame.payload.readUInt32LE(0);
    wake();
  });
  for (const payload of stream.frames) {
    while (credit < payload.length) await Promise.race([answer, new Promise<void>((resolve) => (wake = resolve))]);
    credit -= payload.length;
    channel.tell(message.data, id, payload);
  }
  channel.tell(message.end, id, stream.end);
  return (await answer).raw();
}

describe.skipIf(!isRoot)("a launcher's layers (needs root)", () => {
  it('go out and come in, many at once, while sandboxes live', async () => {
    const { channel, home } = await start();
    const sandbox = await (rig as Rig).launch();
    const from = join(home, 'layers/from');
    mkdirSync(from);
    writeFileSync(join(from, 'large'), Buffer.alloc(6_000_000, 'large'));
    execFileSync('chown', ['-R', `${firstMappedId}:${firstMappedId}`, from]);
    const stream = await send(channel, [
      [at.path, from],
      [at.flags, 1],
    ]);
    const paths = Array.from({ length: 8 }, (_, index) => join(home, `layers/to${index}`));
    const [taken, run] = await Promise.all([
      Promise.all(paths.map((path) => take(channel, path, stream))),
      sandbox.shell('echo lives'),
    ]);
    expect(run.out).toBe('lives\n');
    for (const one of taken) expect(sums(one).digest).toBe(sums(stream.end).digest);
    for (const path of paths) expect(readFileSync(join(path, 'large')).length).toBe(6_000_000);
  });

  it('leave nothing when they are cancelled, or when nobody sends on', async () => {
    const { channel, home } = await start();
    const first = channel.open(operation.take, [[at.path, join(home, 'layers/half')]]);
    const entries = streamOf([{ path: 'file', type: kind.file, size: 10 }]).frames;
    for (const payload of entries) channel.tell(message.data, first.id, payload);
    await expect.poll(() => existsSync(join(home, 'layers/half/file'))).toBe(true);
    channel.tell(cancel, first.id, Buffer.alloc(0));
    expect(await refused(first.answer)).toBe(errno.ECANCELED);
    expect(readdirSync(join(home, 'layers'))).toEqual([]);
    const second = channel.open(operation.take, [[at.path, join(home, 'layers/half')]]);
    second.answer.catch(() => undefined);
    for (const payload of entries) channel.tell(message.data, second.id, payload);
    await expect.poll(() => existsSync(join(home, 'layers/half/file'))).toBe(true);
    await (rig as Rig).leave();
    await expect.poll(() => readdirSync(join(home, 'layers'))).toEqual([]);
  });

  it('end a peer that sends without credit, and forget frames for what has ended', async () => {
    const { channel, home } = await start();
    const { id, answer } = channel.open(operation.take, [[at.path, join(home, 'layers/flood')]]);
    const refusal = refused(answer);
    for (const payload of streamOf([{ path: 'f', type: kind.file, size: 2 ** 30 }]).frames)
      channel.tell(message.data, id, payload);
    await expect.poll(() => existsSync(join(home, 'layers/flood/f'))).toBe(true);
    const worker = execFileSync('pgrep', ['-P', String((rig as Rig).launcherPid)], { encoding: 'utf8' }).trim();
    process.kill(Number(worker), 'SIGSTOP');
    for (let piece = 0; piece < 20; piece++) {
      const content = { offset: piece * 200_000, text: Buffer.alloc(200_000) };
      channel.tell(message.data, id, streamOf([content], [], false).frames[0] ?? Buffer.alloc(0));
    }
    // Answered only after all of the above was read.
    expect((await channel.ask(message.strays, [])).raw()).toHaveLength(0);
    process.kill(Number(worker), 'SIGCONT');
    expect(await refusal).toBe(errno.EPIPE);
    expect(readdirSync(join(home, 'layers'))).toEqual([]);
    channel.tell(message.end, id, Buffer.alloc(0));
    expect((await channel.ask(message.strays, [])).raw()).toHaveLength(0);
  });

  it("are an ordinary user's own, sent as whose they are inside", async () => {
    const { channel, home } = await start({ uid: ordinaryUser });
    const stream = streamOf([
      { path: 'gone', type: kind.whiteout },
      { path: 'file', type: kind.file, uid: 1000, gid: 1000, size: 1 },
      { offset: 0, text: 'x' },
    ]);
    await take(channel, join(home, 'layers/taken'), stream);
    expect(lstatSync(join(home, 'layers/taken/file'))).toMatchObject({ uid: ordinaryUser, mode: 0o100644 });
    expect(lstatSync(join(home, 'layers/taken/gone')).rdev).toBe(0);
    expect(await refused(send(channel, [[at.path, join(home, 'layers/taken')]]))).toBe(22);
    const back = await send(channel, [
      [at.path, join(home, 'layers/taken')],
      [at.uid, 1000],
      [at.gid, 1000],
    ]);
    await take(channel, join(home, 'layers/again'), back);
    expect(readFileSync(join(home, 'layers/again/file'), 'utf8')).toBe('x');
  });

  it.each<[string, RigOptions]>([
    ['root', {}],
    ['an ordinary user', { uid: ordinaryUser }],
  ])('and nobody on a host keeps powers, or restores a machine: as %s', async (_name, options) => {
    const { channel } = await start(options);
    expect(await refused((rig as Rig).launch({ flags: powersKept }))).toBe(errno.EPERM);
    expect(await refused((rig as Rig).launch({ flags: powersKept, user: 0 }))).toBe(errno.EPERM);
    expect(await refused(channel.ask(0x8b, []))).toBe(errno.ENOSYS);
    expect(await refused(channel.ask(0x04, []))).toBe(errno.ENOSYS);
    expect((await (await (rig as Rig).launch()).shell('id -u')).out).toBe('1000\n');
  });
});
