/** Verbs about processes inside a sandbox. */
import type { Scope } from '../base/index.ts';
import type { CallOptions, ExecInput, ExecResult, HoldfastService, ProcessInfo } from '../schema/index.ts';
import type { SandboxAccess } from '../tools/index.ts';
import { type Core, openScope, withScope } from './core.ts';
import { acts } from './effect.ts';
import { sandboxAccess } from './sandbox-access.ts';

type ProcessVerbs = Pick<
  HoldfastService,
  'exec' | 'startProcess' | 'listProcesses' | 'attachProcess' | 'signalProcess'
>;

export function processVerbs(core: Core, tenant: string): ProcessVerbs {
  const act = acts(core, tenant);
  return {
    exec: (ref, input, options) =>
      withScope(core, 'exec', execOptions(input.timeoutMs, options), (scope) => {
        const access = sandboxAccess(core, tenant, ref);
        const { argv, cwd } = input;
        const work = (way: SandboxAccess): Promise<ExecResult> => timed(core, tenant, way, input, scope);
        return act(access, 'exec', { argv, cwd }, work, { ...input });
      }),
    startProcess: (ref, input, options) =>
      withScope(core, 'start', options, (scope) => {
        const access = sandboxAccess(core, tenant, ref);
        const { argv, cwd } = input;
        const work = (way: SandboxAccess): Promise<ProcessInfo> => way.startProcess(input, scope);
        return act(access, 'start-process', { argv, cwd }, work, { ...input });
      }),
    listProcesses: (ref, options) =>
      withScope(core, 'processes', options, (scope) => sandboxAccess(core, tenant, ref).listProcesses(scope)),
    attachProcess: async (ref, processId, options = {}) => {
      const scope = openScope(core, 'attach', options, null);
      try {
        const attachment = await sandboxAccess(core, tenant, ref).attachProcess(processId, options, scope);
        const leave = async (): Promise<void> => {
          await attachment.detach();
          await scope.close();
        };
        return { ...attachment, detach: leave };
      } catch (error) {
        await scope.close();
        throw error;
      }
    },
    signalProcess: (ref, processId, signal, input = {}, options) =>
      withScope(core, 'signal', options, (scope) => {
        const access = sandboxAccess(core, tenant, ref);
        const subject = { processId, signal, tree: input.tree ?? false };
        return act(access, 'signal-process', subject, (way) => way.signalProcess(processId, signal, input, scope));
      }),
  };
}

/** Small ones tell how long the runtime itself takes: what is left when the program's own time is taken off. */
async function timed(
  core: Core,
  tenant: string,
  access: SandboxAccess,
  input: ExecInput,
  scope: Scope,
): Promise<ExecResult> {
  const startedMs = core.clock.monotonicMs();
  const result = await access.exec(input, scope);
  const bytes = (input.stdin?.length ?? 0) + result.stdoutBytes + result.stderrBytes;
  const ownMs = core.clock.monotonicMs() - startedMs - result.durationMs;
  if (bytes <= smallBytes) core.admission.measured(tenant, access.sandbox, 'exec.noop', ownMs);
  return result;
}

/** The host waits for the guest's own deadline, its grace and its answer; only then is it the host that gives up. */
function execOptions(timeoutMs: number | undefined, options: CallOptions | undefined): CallOptions {
  const limitMs = timeoutMs === undefined ? longestExecMs : timeoutMs + execSlackMs;
  return { timeoutMs: limitMs, ...options };
}
/** An exec without any timeout; start a process and attach to it for more. */
const longestExecMs = 24 * 3_600_000;
const execSlackMs = 630_000;
const smallBytes = 4096;
