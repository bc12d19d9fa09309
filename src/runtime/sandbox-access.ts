/**
 * The verbs that act inside one sandbox, bound to a tenant's sandbox and without the door: what passed the door, a
 * tool's call or a verb of the service, does its work with these.
 */
import type { Scope } from '../base/index.ts';
import { isoTime } from '../base/index.ts';
import type { Guest, GuestInput } from '../guest/index.ts';
import {
  execSchema,
  HoldfastError,
  type ProcessAttachment,
  type ProcessInfo,
  parseInput,
  sandboxPathSchema,
  searchSchema,
  startProcessSchema,
} from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { SandboxAccess } from '../tools/index.ts';
import type { Core } from './core.ts';
import { followProcess } from './follow-process.ts';
import { environmentOf } from './process-environment.ts';

export function sandboxAccess(core: Core, tenant: string, ref: string): SandboxAccess {
  const { controller } = core;
  const { id, incarnation } = controller.find(tenant, ref);
  const inside = <T>(scope: Scope, work: (guest: Guest, record: SandboxRecord) => Promise<T>): Promise<T> =>
    controller.inside(tenant, id, scope, work);
  return {
    sandbox: id,
    incarnation,
    exec: (input, scope, as) => {
      const request = parseInput(execSchema, input, 'exec');
      return inside(scope, async (guest, record) => {
        const processId = as?.processId ?? core.newId('process');
        const { argv, cwd } = request;
        const environment = await around(core, record, request.environment, false);
        const facts = { processId, argv, cwd, environment: request.environment, tag: request.tag ?? null, pty: false };
        const running = guest.exec(
          {
            ...request,
            environment,
            processId,
            outputLimitBytes: record.limits.outputBytes,
          },
          scope,
        );
        const recorder = core.recordings.of(id);
        if (recorder) {
          // Its step is written down. That it began is, while it runs: what was sent leaves at the end of this turn.
          await Promise.resolve();
          recorder.processStarted(facts);
        }
        const result = await running;
        guest.forgetLater(processId);
        const refined = await controller.limits.refine(record, result, scope);
        core.recordings.of(id)?.processEnded(processId, refined);
        return refined;
      });
    },
    startProcess: (input, scope) => {
      const request = parseInput(startProcessSchema, input, 'start');
      const pty = request.pty !== undefined;
      return inside(scope, async (guest, record) => {
        const started = await guest.spawn(
          {
            ...request,
            environment: await around(core, record, request.environment, pty),
            processId: core.newId('process'),
            outputLimitBytes: record.limits.outputBytes,
          },
          scope,
        );
        const { processId, pid } = started;
        const info: ProcessInfo = {
          processId,
          pid,
          argv: request.argv,
          tag: request.tag ?? null,
          pty,
          startedAt: isoTime(started.startedMs),
          exit: null,
        };
        core.events.publish({ type: 'process-started', tenant, sandbox: id, data: { processId, argv: info.argv } });
        const { cwd, environment } = request;
        core.recordings.of(id)?.processStarted({ ...info, cwd, environment });
        followProcess(core, { tenant, sandbox: id, processId, tag: info.tag });
        return info;
      });
    },
    listProcesses: (scope) => inside(scope, (guest) => guest.listProcesses(scope)),
    attachProcess: (processId, options, scope) =>
      inside(scope, async (guest, record) => attach({ core, guest, record, scope }, processId, options)),
    signalProcess: (processId, signal, { tree = false }, scope) =>
      inside(scope, (guest) => guest.signal(processId, signal, { tree, wait: tree && signal === 'SIGKILL' }, scope)),
    statFile: (path, scope) => inside(scope, (guest) => guest.files.stat(checked(path), {}, scope)),
    listFiles: (path, scope) => inside(scope, (guest) => guest.files.list(checked(path), scope).all()),
    readFile: async (path, range, scope) => {
      const release = controller.hold(id);
      scope.onClose(release);
      return inside(scope, async (guest) => {
        const stat = await guest.files.stat(checked(path), { follow: true }, scope);
        const { stream } = await guest.files.readStream(path, range, scope);
        return { stat, content: stream };
      });
    },
    writeFile: (path, data, { mode, parents, exclusive }, scope) =>
      inside(scope, async (guest) => {
        await guest.files.write(checked(path), data, { mode: permissions(mode), parents, exclusive }, scope);
        return guest.files.stat(path, { follow: true }, scope);
      }),
    makeDirectory: (path, scope) =>
      inside(scope, (guest) => guest.files.mkdir(checked(path), { parents: true }, scope)),
    moveFile: (from, to, { replace = false }, scope) =>
      inside(scope, (guest) => guest.files.move(checked(from), checked(to), { replace }, scope)),
    removeFile: (path, { recursive = false }, scope) =>
      inside(scope, async (guest) => {
        await guest.files.remove(checked(path), { recursive }, scope);
      }),
    searchFiles: (input, scope) => {
      const search = parseInput(searchSchema, input, 'search');
      return inside(scope, (guest) => guest.files.search(search, scope));
    },
  };
}

/** The variables of a new process. @throws HoldfastError `state-unusable` where what it is held to cannot be read */
async function around(
  core: Core,
  record: SandboxRecord,
  own: Record<string, string>,
  terminal: boolean,
): Promise<Record<string, string>> {
  const network = core.network.environment(record.id, record.network);
  const held = await core.contracts.environmentOf(record.id);
  return environmentOf(record, own, { terminal, network, held });
}

interface Place {
  core: Core;
  guest: Guest;
  record: SandboxRecord;
  scope: Scope;
}

function attach(
  place: Place,
  processId: string,
  options: { stdoutOffset?: number; stderrOffset?: number },
): ProcessAttachment {
  const { core, guest, record, scope } = place;
  const release = core.controller.hold(record.id);
  scope.onClose(release);
  const attachment = guest.attach(processId, options, scope);
  let input: Promise<GuestInput> | null = null;
  const stdin = (): Promise<GuestInput> => {
    input ??= guest.stdin(processId, scope);
    return input;
  };
  const exit = attachment.exit.then(async (ended) => {
    const refined = await core.controller.limits.refine(record, ended, scope);
    const { tenant, id } = record;
    if (core.ended.first(processId))
      core.events.publish({ type: 'process-ended', tenant, sandbox: id, data: { processId, ...refined } });
    return refined;
  });
  exit.then(release, release);
  return {
    processId,
    output: attachment.output,
    exit,
    write: async (data) => {
      core.recordings.of(record.id)?.processInput(processId, data);
      await (await stdin()).write(data);
    },
    endInput: async () => {
      core.recordings.of(record.id)?.processInput(processId, null);
      await (await stdin()).end();
    },
    resize: (rows, columns) => guest.resize(processId, rows, columns, scope),
    detach: async () => {
      release();
      input?.then((writer) => writer.release()).catch(() => undefined);
      attachment.detach();
    },
  };
}

const checked = (path: string): string => parseInput(sandboxPathSchema, path, 'path');

function permissions(mode: number | undefined): number | undefined {
  if (mode === undefined || (Number.isInteger(mode) && mode > 0 && mode <= 0o777)) return mode;
  throw new HoldfastError('invalid-argument', `mode ${mode} is not permission bits from 1 to 0777`, {
    hint: 'Give for example 0644 (420).',
  });
}
