/**
 * A throw-away sandbox around one command. It lives by a short lease that this process renews, so that it is gone soon
 * after us even when we are killed.
 */

import { HoldfastError } from '../../schema/error-class.ts';
import type { CreateSandboxInput, HoldfastService, Sandbox, Snapshot, StartProcessInput } from '../../schema/index.ts';
import { captureProcess } from '../capture.ts';
import { type Command, type Context, defineCommand, type OptionResults } from '../command.ts';
import { faultOptions, faultsInputOf } from '../fault-files.ts';
import { Interrupts } from '../interrupts.ts';
import { holdLease, leaseMs } from '../lease.ts';
import { newSandboxOf, newSandboxOptions } from '../new-sandbox.ts';
import { formatDuration } from '../output.ts';
import { defined } from '../sandbox-options.ts';
import { streamProcess } from '../stream.ts';
import { createOrEnd, createThrowAway } from '../throw-away.ts';

export const runOptions = {
  repo: { kind: 'text', value: 'DIR', description: 'work on a copy of this directory, at /workspace' },
  patch: { kind: 'text', value: 'FILE', description: 'write what changed as a patch for `git apply`' },
  diff: { kind: 'flag', description: 'show what changed in full, on stderr' },
  timeout: { kind: 'duration', value: 'TIME', description: 'end the command after this long, with status 124' },
  keep: { kind: 'flag', description: 'leave the sandbox there afterwards' },
  record: { kind: 'flag', description: 'record it, to show, replay and fork' },
  interactive: { kind: 'flag', short: 'i', description: 'pass stdin on' },
  terminal: { kind: 'flag', short: 't', description: 'give it a terminal' },
  ...newSandboxOptions,
  ...faultOptions,
} as const;

const command: Command = defineCommand({
  name: 'run',
  summary: 'Runs one command in a throw-away sandbox, without a network unless told, and leaves nothing behind.',
  examples: [
    ['holdfast run -- sh -c "echo hello"', 'the command’s output and exit status'],
    ['holdfast run --repo . --patch fix.patch -- make', 'a copy of this directory; the change comes out as a patch'],
    ['holdfast run --memory 512m --timeout 30s -it -- sh', 'a shell with limits'],
  ],
  arguments: { command: { description: 'program and arguments; no shell is involved', many: true, mayBeEmpty: true } },
  options: runOptions,
  status: 'command',
  run: ({ args, options, context }) => runOnce(args.command, options, options.record, context),
});
export default command;

/** @param record as a create takes it: a recording's name is not its sandbox's */
export async function runOnce(
  argv: string[],
  given: Omit<OptionResults<typeof runOptions>, 'record'> & { json: boolean },
  record: NonNullable<CreateSandboxInput['record']>,
  context: Context,
): Promise<number> {
  using interrupts = new Interrupts(context.io);
  const wanted = await newSandboxOf(given, context.io);
  refuseStrangersCopy(wanted, given);
  if (given.patch !== undefined) await (await repository()).refuseLostPatch(given.patch, context);
  const { network } = wanted;
  const faults = await faultsInputOf(given, context.io);
  const service = await context.service('attach');
  const input: StartProcessInput = { argv, ...defined('timeoutMs', given.timeout) };
  const wantsChanges = given.repo !== undefined || given.patch !== undefined || given.diff;
  const { signal } = interrupts;
  let source: Snapshot | null = null;
  let box: Sandbox | null = null;
  try {
    if (given.repo !== undefined)
      source = await (await repository()).sendRepository(service, given.repo, wanted, context, signal);
    const start = source === null ? wanted : startingFrom(source, wanted);
    const create = { ...start, ...defined('faults', faults), ...(record === false ? {} : { record }) };
    box = await (given.keep ? createOrEnd(service, create, signal) : createThrowAway(service, create, signal));
    using _lease = given.keep ? null : holdLease(service, box.id);
    const request = { service, sandbox: box.id, input, io: context.io, output: context.output, interrupts };
    const work = given.json ? captureProcess : streamProcess;
    const status = await work({ ...request, interactive: given.interactive, terminal: given.terminal });
    if (status !== 0 && network !== undefined && network !== 'none')
      await (await import('../denials.ts')).tellDenials(service, box.id, context.output);
    if (wantsChanges)
      await (await repository()).offerChanges({
        service,
        sandbox: box.id,
        source,
        ...defined('patch', given.patch),
        ...defined('directory', given.repo),
        full: given.diff,
        context,
      });
    if (given.keep) await context.output.hint(`kept: holdfast exec ${box.name ?? box.id} -- sh`);
    return status;
  } catch (error) {
    if (interrupts.status === null) throw error;
    return interrupts.status;
  } finally {
    await cleanUp(service, given.keep ? null : box, (given.keep || record) && box ? null : source, context);
    if (record && box) await tellRecording(service, box.id, context);
  }
}

async function tellRecording(service: HoldfastService, sandbox: string, { output }: Context): Promise<void> {
  // How the command went matters more than where it can be looked at.
  const { items } = await service.listRecordings({ sandbox }).catch(() => ({ items: [] }));
  const last = items.at(-1);
  if (last) await output.hint(`recorded: holdfast show ${last.id}`);
}

/** A copy's files are the agent's, and root inside has no power over them. */
function refuseStrangersCopy({ user }: CreateSandboxInput, { repo }: { repo: string | undefined }): void {
  if (user !== 'root' || repo === undefined) return;
  throw new HoldfastError(
    'invalid-argument',
    '--root could not change the copy that --repo makes: it belongs to agent',
    {
      hint: 'Leave --root out; or keep a sandbox of root and copy into it: holdfast create --root, then holdfast cp.',
    },
  );
}

function startingFrom({ id }: Snapshot, wanted: CreateSandboxInput): CreateSandboxInput {
  return { ...wanted, template: id, origins: { ...wanted.origins, template: '--repo' } };
}

/** Loaded only when a directory goes in or changes come out. */
function repository(): Promise<typeof import('../repository.ts')> {
  return import('../repository.ts');
}

async function cleanUp(
  service: HoldfastService,
  box: Sandbox | null,
  source: Snapshot | null,
  context: Context,
): Promise<void> {
  try {
    if (box) await service.destroySandbox(box.id);
  } catch (error) {
    // How the command went matters more than this, and the lease ends the sandbox all the same.
    const why = error instanceof Error ? error.message : String(error);
    await context.output.say(
      `holdfast: ${box?.id} is not removed yet (${why}); it ends by itself within ${formatDuration(leaseMs)}`,
    );
  }
  if (source) await (await repository()).loseRepository(service, source, context);
}
