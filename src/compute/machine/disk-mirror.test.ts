/** The copying of a forked machine's disk against a QEMU that is played: what it is asked, and what becomes of one that fails or lies. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import { DiskMirror, endMirror } from './disk-mirror.ts';
import { QmpClient } from './qmp.ts';

let directory: string;
let server: Server;
let peer: Socket;
let qmp: QmpClient;
let scope: OwnedScope;
/** What QEMU was asked: the job's commands, and whether its end was forced. */
let asked: string[];
/** Events that follow a command's answer; one that is null is refused. */
let plays: Record<string, string[] | null>;

const event = (name: string, data: object = {}): string =>
  JSON.stringify({ event: name, data: { device: 'fork', len: 8, offset: 8, ...data } });
const ready = event('BLOCK_JOB_READY');
const completed = event('BLOCK_JOB_COMPLETED');
const noRoom = event('BLOCK_JOB_COMPLETED', { offset: 4, error: 'No space left on device' });

beforeEach(async () => {
  [asked, plays] = [[], { 'blockdev-mirror': [ready], 'block-job-cancel': [completed] }];
  directory = await mkdtemp(join(tmpdir(), 'hf-mirror-'));
  const path = join(directory, 'q');
  server = createServer().listen(path);
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  qmp = new QmpClient(connect(path));
  [peer] = await accepted;
  peer.on('error', () => undefined);
  let rest = '';
  peer.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) play(JSON.parse(line));
  });
  scope = rootScope({ name: 'test', timeoutMs: 3000 });
});

afterEach(async () => {
  qmp.close();
  peer.destroy();
  server.close();
  await scope.close();
  await rm(directory, { recursive: true });
});

interface Command {
  execute: string;
  id: number;
  arguments?: { force?: boolean };
}

function play({ execute, id, arguments: args }: Command): void {
  if (execute !== 'qmp_capabilities') asked.push(args?.force ? `${execute} by force` : execute);
  const events = plays[execute];
  const answer = events === null ? { error: { desc: `no ${execute}` } } : { return: {} };
  for (const line of [JSON.stringify({ ...answer, id }), ...(events ?? [])]) peer.write(`${line}\n`);
}

/** As a fork does: begun, awaited, ended while the machine stands still. */
async function copy(atRest: () => void = () => undefined): Promise<void> {
  await using mirror = await DiskMirror.begin(qmp, scope);
  await mirror.ready();
  atRest();
  await mirror.end(scope);
}

describe("the copying of a machine's disk", () => {
  it('ends by itself when both are alike, and is asked for nothing more', async () => {
    await copy();
    expect(asked).toEqual(['blockdev-mirror', 'block-job-cancel']);
  });

  it('takes what is said of other jobs for nothing', async () => {
    const others = [noRoom, ready].map((line) => line.replace('"fork"', '"another"'));
    plays['blockdev-mirror'] = [...others, '{"event":"BLOCK_JOB_COMPLETED"}', ready];
    await copy();
    expect(asked).toEqual(['blockdev-mirror', 'block-job-cancel']);
  });

  it('fails, and is given up, where it cannot begin', async () => {
    plays['blockdev-mirror'] = null;
    await expect(copy()).rejects.toThrow('no blockdev-mirror');
    expect(asked).toEqual(['blockdev-mirror', 'block-job-cancel by force']);
  });

  it('says that there is no room, before both are alike and after', async () => {
    plays['blockdev-mirror'] = [noRoom];
    plays['block-job-cancel'] = null;
    const refusal = { code: 'launch-failed', message: expect.stringContaining('No space left on device') };
    await expect(copy()).rejects.toMatchObject(refusal);
    plays['blockdev-mirror'] = [ready];
    await expect(copy(() => peer.write(`${noRoom}\n`))).rejects.toMatchObject(refusal);
    expect(asked.at(-1)).toBe('block-job-cancel by force');
  });

  it('is no copy when it was given up, or ended too early', async () => {
    plays['block-job-cancel'] = [event('BLOCK_JOB_CANCELLED')];
    await expect(copy()).rejects.toThrow('it was given up');
    plays['blockdev-mirror'] = [completed];
    await expect(copy()).rejects.toThrow('it ended too early');
  });

  it('is given up when whoever asked has given up, and it never was ready', async () => {
    plays['blockdev-mirror'] = [];
    const short = scope.child({ name: 'short', timeoutMs: 100 });
    const copied = (async () => {
      await using mirror = await DiskMirror.begin(qmp, short);
      await mirror.ready();
    })();
    await expect(copied).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(asked).toEqual(['blockdev-mirror', 'block-job-cancel by force']);
  });

  it('is ended also by who did not begin it, or finds that there is none', async () => {
    await endMirror(qmp, scope);
    plays['block-job-cancel'] = null;
    await endMirror(qmp, scope);
    expect(asked).toEqual(['block-job-cancel by force', 'block-job-cancel by force']);
  });

  it('keeps nobody waiting whose QEMU says that it ends, and does not', async () => {
    plays['block-job-cancel'] = [];
    const short = scope.child({ name: 'short', timeoutMs: 100 });
    await expect(endMirror(qmp, short)).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });
});
