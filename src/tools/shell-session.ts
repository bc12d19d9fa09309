/**
 * A shell that stays: what one command leaves (working directory, variables, functions, background jobs) the next finds.
 *
 * The session is a process inside the sandbox and lives as long as that; here is only where its last output ended, and
 * a session nobody here remembers (after the daemon's restart) is taken up again. One command at a time.
 */
import { z } from 'zod';
import { environmentSchema, exitReasons, HoldfastError, type ProcessInfo } from '../schema/index.ts';
import { pathSchema, workspace } from './paths.ts';
import { shellArgv } from './session/script.ts';
import { killSession, type RunResult, runInSession, type SessionState } from './session/session.ts';
import {
  commandSchema,
  explainMissing,
  outputCapSchema,
  outputFields,
  outputOf,
  shellNames,
  shellPaths,
  timeoutSchema,
} from './shell.ts';
import { defineTool } from './tool.ts';
import type { Tool, ToolContext } from './types.ts';

const sessionTag = 'shell-session';
const firstCommandMs = 10_000;
/** More than this many remembered ones, and the oldest are forgotten: they are taken up again when used. */
const rememberedSessions = 10_000;

const sessionId = z.string().min(1).max(64).describe('The session that `open` answered.');

const open = z.strictObject({
  action: z.literal('open'),
  cwd: pathSchema.default(workspace),
  environment: environmentSchema.default({}),
  shell: z.enum(shellNames).default('bash'),
});
const run = z.strictObject({
  action: z.literal('run'),
  session: sessionId,
  command: commandSchema,
  timeoutMs: timeoutSchema,
  outputCapBytes: outputCapSchema,
});
const close = z.strictObject({ action: z.literal('close'), session: sessionId });

const input = z
  .strictObject({
    action: z.enum(['open', 'run', 'close']),
    session: sessionId.optional().describe('For run and close: the session that `open` answered.'),
    command: commandSchema.optional().describe('For run: shell text, of any number of lines.'),
    timeoutMs: timeoutSchema
      .unwrap()
      .optional()
      .describe('For run: milliseconds (default 120000), then the command is ended.'),
    outputCapBytes: outputCapSchema
      .unwrap()
      .optional()
      .describe('For run: most bytes of each of stdout and stderr (default 65536).'),
    cwd: z.string().optional().describe(`For open: where to start (default ${workspace}).`),
    environment: environmentSchema.optional().describe('For open: additional variables.'),
    shell: z.enum(shellNames).optional().describe('For open: bash (default) or sh.'),
  })
  .pipe(z.discriminatedUnion('action', [open, run, close]));

const output = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('open'), session: z.string(), cwd: z.string() }),
  z.strictObject({
    action: z.literal('run'),
    session: z.string(),
    /** Of the command; of the shell when the session ended. Null when a signal ended that. */
    exitCode: z.number().nullable(),
    reason: z.enum(exitReasons),
    ...outputFields,
    durationMs: z.number(),
    /** The working directory the next command finds; null when the session ended. */
    cwd: z.string().nullable(),
    /** False when the session ended with this command. */
    open: z.boolean(),
  }),
  /** `wasOpen` is false when the session had ended before. */
  z.strictObject({ action: z.literal('close'), session: z.string(), wasOpen: z.boolean() }),
]);

export function shellSession(): Tool {
  const sessions = new Sessions();
  return defineTool({
    name: 'shell_session',
    description: `A shell that keeps its state between calls. "open" starts one and answers its session; "run" executes a command in it: working directory, variables, functions and background jobs stay for the next; "close" ends it and all it started. Standard input of commands is empty. At its timeout a command is ended, nothing after it in the same text is executed, and the session goes on when it can; "open": false says that the session has ended, as it always does with sh.`,
    input,
    output,
    risk: 'write',
    idempotent: false,
    timing: 'blocking',
    run: async (request, context) => {
      switch (request.action) {
        case 'open':
          return sessions.open(request, context);
        case 'run':
          return sessions.run(request, context);
        case 'close':
          return sessions.close(request.session, context);
      }
    },
  });
}

type Output<Action extends string> = Extract<z.input<typeof output>, { action: Action }>;

class Sessions {
  readonly #known = new Map<string, SessionState>();
  readonly #busy = new Set<string>();

  async open(request: z.output<typeof open>, context: ToolContext): Promise<Output<'open'>> {
    const { access, scope } = context;
    const argv = shellArgv(request.shell);
    const { cwd, environment } = request;
    const started = await access
      .startProcess({ argv, cwd, environment, stdin: true, tag: sessionTag }, scope)
      .catch((error: unknown) => {
        throw explainMissing(error, request.shell);
      });
    const { processId: id, pid } = started;
    const offsets = { stdout: 0, stderr: 0 };
    const state = { id, pid, shell: request.shell, offsets, inStep: true, isNew: true, status: 0, hasJobs: false };
    const first = await runInSession(state, { command: ':', timeoutMs: firstCommandMs, outputCapBytes: 4096 }, context);
    if (!first.mark) throw didNotStart(request, first);
    this.#remember(context, state);
    return { action: 'open', session: id, cwd: first.mark.cwd };
  }

  async run(request: z.output<typeof run>, context: ToolContext): Promise<Output<'run'>> {
    const key = keyOf(context, request.session);
    if (this.#busy.has(key)) {
      throw new HoldfastError('in-use', `session ${request.session} is still running a command`, {
        hint: 'Wait for it, or open another session.',
      });
    }
    this.#busy.add(key);
    try {
      const state = this.#known.get(key) ?? (await takeUp(request.session, context));
      const result = await runInSession(state, request, context);
      if (result.mark) this.#remember(context, state);
      else this.#known.delete(key);
      return answer(request, result);
    } catch (error) {
      this.#known.delete(key);
      throw error;
    } finally {
      this.#busy.delete(key);
    }
  }

  async close(id: string, context: ToolContext): Promise<Output<'close'>> {
    this.#known.delete(keyOf(context, id));
    const wasOpen = await find(id, context).then(
      (process) => process.exit === null,
      () => false,
    );
    if (wasOpen) await killSession({ id }, context);
    return { action: 'close', session: id, wasOpen };
  }

  #remember(context: ToolContext, state: SessionState): void {
    const key = keyOf(context, state.id);
    this.#known.delete(key);
    this.#known.set(key, state);
    const [oldest] = this.#known.keys();
    if (this.#known.size > rememberedSessions && oldest !== undefined) this.#known.delete(oldest);
  }
}

function answer(request: z.output<typeof run>, result: RunResult): Output<'run'> {
  const { mark, exit, timedOut, durationMs } = result;
  return {
    action: 'run',
    session: request.session,
    exitCode: mark ? mark.status : (exit?.exitCode ?? null),
    reason: timedOut ? 'timed-out' : mark ? 'exited' : (exit?.reason ?? 'died'),
    ...outputOf(result, request.outputCapBytes),
    durationMs,
    cwd: mark?.cwd ?? null,
    open: mark !== null,
  };
}

const keyOf = ({ access }: ToolContext, session: string): string =>
  `${access.sandbox}\n${access.incarnation}\n${session}`;

/** A session of this sandbox that nobody here remembers, as it is found. */
async function takeUp(id: string, context: ToolContext): Promise<SessionState> {
  const process = await find(id, context);
  if (process.exit) {
    throw new HoldfastError('wrong-state', `session ${id} has ended (${process.exit.reason})`, { hint: openAnother });
  }
  const shell = process.argv[0] === shellPaths.sh ? 'sh' : 'bash';
  return {
    id,
    pid: process.pid,
    shell,
    offsets: { stdout: 0, stderr: 0 },
    inStep: false,
    isNew: false,
    status: 0,
    hasJobs: true,
  };
}

async function find(id: string, { access, scope }: ToolContext): Promise<ProcessInfo> {
  const processes = await access.listProcesses(scope);
  const found = processes.find(({ processId, tag }) => processId === id && tag === sessionTag);
  if (found) return found;
  throw new HoldfastError('process-not-found', `there is no session ${id} in this sandbox`, { hint: openAnother });
}

const openAnother = 'Open another one with the action "open".';

/** Variables that name what a shell reads, or loads, before its first command. */
const readFirst = ['BASH_ENV', 'ENV', 'LD_PRELOAD'];

function didNotStart(
  { environment }: Pick<z.output<typeof open>, 'environment'>,
  { exit, stderr, timedOut }: RunResult,
): HoldfastError {
  const said = Buffer.from(stderr).toString('utf8').trim();
  const how = timedOut ? `it did not answer within ${firstCommandMs} ms` : `it ended (${exit?.reason ?? 'died'})`;
  return new HoldfastError('sandbox-died', `the shell did not start: ${how}${said === '' ? '' : `: ${said}`}`, {
    hint: 'See whether the sandbox is at one of its limits.',
    // It was there and ended, of its variables, of files that it reads first, of a limit; or it still is at what it was told to read first.
    ...(exit || readFirst.some((name) => name in environment) ? { fault: 'agent' as const } : {}),
  });
}
