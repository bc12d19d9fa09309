/** Verbs about processes inside a sandbox. */
import type { Scope } from '../base/index.ts';
import type { Guest, GuestInput } from '../guest/index.ts';
import {
  execSchema,
  HoldfastError,
  type HoldfastService,
  type ProcessAttachment,
  type ProcessInfo,
  parseInput,
  startProcessSchema,
} from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { type Core, openScope, withScope } from './core.ts';
import { effect } from './effect.ts';

type ProcessVerbs = Pick<
  HoldfastService,
  'exec' | 'startProcess' | 'listProcesses' | 'attachProcess' | 'signalProcess'
>;

export function processVerbs(core: Core, tenant: string): ProcessVerbs {
  const { controller, newId } = core;
  return {
    exec: (ref, input, options) =>
      withExecScope(core, input.timeoutMs, options, async (scope) => {
        const request = parseInput(execSchema, input, 'exec');
        return controller.inside(tenant, ref, scope, (guest, record) =>
          effect(core, record, 'exec', { argv: request.argv, cwd: request.cwd }, async () => {
            const processId = newId('process');
            const result = await guest.exec(
              {
                ...request,
                environment: environmentOf(record, request.environment),
                processId,
                outputLimitBytes: record.limits.outputBytes,
              },
              scope,
            );
            guest.forget(processId).catch(() => undefined);
            return controller.limits.refine(record, result, scope);
          }),
        );
      }),
    startProcess: (ref, input, options) =>
      withScope(core, 'start', options, async (scope) => {
        const request = parseInput(startProcessSchema, input, 'start');
        return controller.inside(tenant, ref, scope, (guest, record) =>
          effect(core, record, 'start-process', { argv: request.argv, cwd: request.cwd }, async () => {
            const started = await guest.spawn(
              {
                ...request,
                environment: environmentOf(record, request.environment, request.pty !== undefined),
                processId: newId('process'),
                outputLimitBytes: record.limits.outputBytes,
              },
              scope,
            );
            const info: ProcessInfo = {
              processId: started.processId,
              pid: started.pid,
              argv: request.argv,
              tag: request.tag ?? null,
              pty: request.pty !== undefined,
              startedAt: new Date(started.startedMs).toISOString(),
              exit: null,
            };
            core.events.publish({
              type: 'process-started',
              tenant,
              sandbox: record.id,
              data: { processId: info.processId, argv: info.argv },
            });
            return info;
          }),
        );
      }),
    listProcesses: (ref, options) =>
      withScope(core, 'processes', options, (scope) =>
        controller.inside(tenant, ref, scope, (guest) => guest.listProcesses(scope)),
      ),
    attachProcess: async (ref, processId, options) => {
      const scope = openScope(core, 'attach', options, null);
      try {
        return await controller.inside(tenant, ref, scope, async (guest, record) =>
          attach(core, guest, record, processId, options ?? {}, scope),
        );
      } catch (error) {
        await scope.close();
        throw error;
      }
    },
    signalProcess: (ref, processId, signal, input = {}, options) =>
      withScope(core, 'signal', options, (scope) =>
        controller.inside(tenant, ref, scope, (guest, record) =>
          effect(core, record, 'signal-process', { processId, signal, tree: input.tree ?? false }, () =>
            guest.signal(
              processId,
              signal,
              { tree: input.tree ?? false, wait: (input.tree ?? false) && signal === 'SIGKILL' },
              scope,
            ),
          ),
        ),
      ),
  };
}

/** The host waits for the guest's own deadline, its grace and its answer; only then is it the host that gives up. */
function withExecScope<T>(
  core: Core,
  timeoutMs: number | undefined,
  options: { signal?: AbortSignal; timeoutMs?: number } | undefined,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  if (options?.timeoutMs !== undefined || timeoutMs === undefined)
    return withScope(core, 'exec', options ?? { timeoutMs: longestExecMs }, work);
  return withScope(core, 'exec', { ...options, timeoutMs: timeoutMs + execSlackMs }, work);
}
/** An exec without any timeout; start a process and attach to it for more. */
const longestExecMs = 24 * 3_600_000;
const execSlackMs = 630_000;

function attach(
  core: Core,
  guest: Guest,
  record: SandboxRecord,
  processId: string,
  options: { stdoutOffset?: number; stderrOffset?: number },
  scope: ReturnType<typeof openScope>,
): ProcessAttachment {
  const release = core.controller.hold(record.id);
  const attachment = guest.attach(processId, options, scope);
  let input: Promise<GuestInput> | null = null;
  const stdin = (): Promise<GuestInput> => {
    input ??= guest.stdin(processId, scope);
    return input;
  };
  const leave = async (): Promise<void> => {
    release();
    input?.then((writer) => writer.release()).catch(() => undefined);
    attachment.detach();
    await scope.close();
  };
  const exit = attachment.exit.then(async (ended) => {
    const refined = await core.controller.limits.refine(record, ended, scope);
    core.events.publish({
      type: 'process-ended',
      tenant: record.tenant,
      sandbox: record.id,
      data: { processId, ...refined },
    });
    release();
    return refined;
  });
  exit.catch(() => release());
  return {
    processId,
    output: attachment.output,
    exit,
    write: async (data) => (await stdin()).write(data),
    endInput: async () => (await stdin()).end(),
    resize: (rows, columns) => guest.resize(processId, rows, columns, scope),
    detach: leave,
  };
}

/** What every process inside starts with; the sandbox's own and the call's come on top, in this order. */
export function environmentOf(
  record: SandboxRecord,
  own: Record<string, string>,
  terminal = false,
): Record<string, string> {
  const isRoot = record.user === 'root';
  const all = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: isRoot ? '/root' : '/home/agent',
    USER: record.user,
    LOGNAME: record.user,
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    ...(terminal ? { TERM: 'xterm-256color' } : {}),
    ...record.environment,
    ...own,
  };
  if ('HOLDFAST_PROCESS' in own) {
    throw new HoldfastError('invalid-argument', "the variable HOLDFAST_PROCESS is the runtime's own", {
      hint: 'Use another name.',
    });
  }
  return all;
}
