/** The verbs about processes that are one question and one answer. */
import { isoTime, type Scope } from '../base/index.ts';
import { HoldfastError, type ProcessInfo, type StartProcess } from '../schema/index.ts';
import type { GuestChannel } from './channel.ts';
import type { Subject } from './errno.ts';
import { Fields, FieldWriter } from './fields.ts';
import { protocolError } from './frames.ts';
import { readExit } from './output.ts';
import { signalNumber } from './signals.ts';
import type { GuestInput, SignalProcess, SpawnedProcess, SpawnRequest } from './types.ts';
import { Upload } from './upload.ts';
import { messageTypes, tags } from './wire.ts';

const ptyFlag = 1;
const stdinFlag = 2;
const treeFlag = 1;
const waitFlag = 2;

export async function spawn(
  channel: GuestChannel,
  request: SpawnRequest,
  scope: Scope | undefined,
): Promise<SpawnedProcess> {
  const answer = await channel.call(messageTypes.spawn, spawnFields(request), spawnSubject(request), { scope });
  return readSpawned(answer, request.processId);
}

export const spawnSubject = (request: { argv: string[]; cwd: string }): Subject => ({
  kind: 'spawn',
  action: 'start',
  name: request.argv[0] ?? '',
  cwd: request.cwd,
});

/** `pty` and `stdin` are absent for an exec without them. */
export function spawnFields(
  request: Omit<SpawnRequest, 'pty' | 'stdin'> & { pty?: StartProcess['pty']; stdin?: boolean; gatherMs?: number },
): FieldWriter {
  const writer = new FieldWriter().text(tags.processId, request.processId).texts(tags.argv, request.argv);
  for (const name in request.environment) writer.text(tags.env, `${name}=${request.environment[name] ?? ''}`);
  return writer
    .text(tags.cwd, request.cwd)
    .int(tags.flags, (request.pty ? ptyFlag : 0) + (request.stdin || request.pty ? stdinFlag : 0))
    .int(tags.rows, request.pty?.rows)
    .int(tags.columns, request.pty?.columns)
    .int(tags.timeoutMs, request.timeoutMs)
    .int(tags.silenceMs, request.silenceMs)
    .int(tags.graceMs, request.graceMs)
    .int(tags.outputLimit, request.outputLimitBytes)
    .int(tags.retain, request.retainBytes)
    .int(tags.gatherMs, request.gatherMs)
    .text(tags.tag, request.tag);
}

export function readSpawned(payload: Buffer, processId: string): SpawnedProcess {
  const fields = new Fields(payload);
  if (fields.text(tags.processId) !== processId) throw protocolError('the guest answered for another process');
  return {
    processId,
    pid: fields.int(tags.pid),
    startedMs: fields.int(tags.startedMs),
    existed: fields.optionalInt(tags.flags) === 1,
  };
}

export async function openInput(
  channel: GuestChannel,
  processId: string,
  scope: Scope | undefined,
): Promise<GuestInput> {
  const upload = openUpload(channel, processId, scope);
  await upload.opened;
  return {
    write: (data) => upload.write(data),
    end: async () => {
      await upload.end();
    },
    release: () => upload.cancel(new HoldfastError('cancelled', `let go of the stdin of process ${processId}`)),
  };
}

export function openUpload(channel: GuestChannel, processId: string, scope: Scope | undefined): Upload {
  const subject: Subject = { kind: 'process', action: 'write to the stdin of process', name: processId };
  return new Upload(channel, messageTypes.stdin, new FieldWriter().text(tags.processId, processId), { subject, scope });
}

export async function signal(
  channel: GuestChannel,
  processId: string,
  name: string | number,
  options: SignalProcess,
  scope: Scope | undefined,
): Promise<void> {
  const fields = new FieldWriter()
    .text(tags.processId, processId)
    .int(tags.signal, signalNumber(name))
    .int(tags.flags, (options.tree ? treeFlag : 0) + (options.wait ? waitFlag : 0));
  await channel.call(messageTypes.signal, fields, about('signal process', processId), { scope });
}

export async function resize(
  channel: GuestChannel,
  processId: string,
  size: { rows: number; columns: number },
  scope: Scope | undefined,
): Promise<void> {
  const fields = new FieldWriter()
    .text(tags.processId, processId)
    .int(tags.rows, size.rows)
    .int(tags.columns, size.columns);
  await channel.call(messageTypes.resize, fields, about('resize process', processId), { scope });
}

/** In nobody's way: nothing waits for it, and a process that was not forgotten is dropped by the agent in time. */
export function forgetLater(channel: GuestChannel, processId: string): void {
  channel.later(() => void forget(channel, processId, undefined).catch(() => undefined));
}

export async function forget(channel: GuestChannel, processId: string, scope: Scope | undefined): Promise<void> {
  const fields = new FieldWriter().text(tags.processId, processId);
  await channel.call(messageTypes.forget, fields, about('forget process', processId), { scope });
}

export async function listProcesses(channel: GuestChannel, scope: Scope | undefined): Promise<ProcessInfo[]> {
  const answer = await channel.call(messageTypes.listProcesses, new FieldWriter(), about('list processes', ''), {
    scope,
  });
  return new Fields(answer).nested(tags.entry).map(readProcess);
}

function readProcess(fields: Fields): ProcessInfo {
  const hasEnded = fields.optionalInt(tags.reason) !== undefined;
  const stdoutBytes = fields.optionalInt(tags.stdoutBytes);
  const stderrBytes = fields.optionalInt(tags.stderrBytes);
  return {
    processId: fields.text(tags.processId),
    pid: fields.int(tags.pid),
    argv: fields.texts(tags.argv),
    tag: fields.optionalText(tags.tag) ?? null,
    pty: ((fields.optionalInt(tags.flags) ?? 0) & ptyFlag) !== 0,
    startedAt: isoTime(checkedTime(fields.int(tags.startedMs))),
    exit: hasEnded ? readExit(fields) : null,
    // An agent of an earlier version does not say it of one that runs.
    ...(hasEnded || stdoutBytes === undefined || stderrBytes === undefined
      ? {}
      : { printed: { stdoutBytes, stderrBytes } }),
  };
}

/** Past this a `Date` cannot hold it. */
const lastTimeMs = 8.64e15;

function checkedTime(ms: number): number {
  if (ms > lastTimeMs) throw protocolError('the guest reported a time that does not exist');
  return ms;
}

const about = (action: string, processId: string): Subject => ({ kind: 'process', action, name: processId });
