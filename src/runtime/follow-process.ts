/**
 * Reads along what a process of a recorded sandbox prints, and hears how it ends. It is one more reader: nothing that
 * others read is taken from them.
 *
 * 1. Output is recorded without gaps from where the recording stands.
 * 2. It keeps no sandbox busy: one that idles is idle all the same.
 */
import type { Recorder } from '../recording/index.ts';
import { type Core, openScope } from './core.ts';
import { GatheredOutput } from './gathered-output.ts';

/** What such a process prints is the answers of the tool that speaks with it. */
const ownTags = new Set(['shell-session']);

export interface FollowedProcess {
  tenant: string;
  sandbox: string;
  processId: string;
  tag: string | null;
  /** Where the recording stands. */
  stdout?: number;
  stderr?: number;
}

export function followProcess(core: Core, process: FollowedProcess): void {
  const recorder = core.recordings.of(process.sandbox);
  if (!recorder) return;
  const told = follow(core, recorder, process).catch((error: unknown) => {
    core.log.debug({ error, process: process.processId }, 'a recorded process is not followed any more');
  });
  core.followed.add(process, told);
}

async function follow(core: Core, recorder: Recorder, process: FollowedProcess): Promise<void> {
  const { tenant, sandbox, processId, stdout = 0, stderr = 0 } = process;
  await using scope = openScope(core, 'follow', undefined, null);
  const { controller } = core;
  const attachment = await controller.inside(tenant, sandbox, scope, async (guest) =>
    guest.attach(processId, { stdoutOffset: stdout, stderrOffset: stderr }, scope),
  );
  attachment.exit.catch(() => undefined);
  const isKept = process.tag === null || !ownTags.has(process.tag);
  const offsets = { stdout, stderr };
  const gather = new GatheredOutput({ recorder, clock: core.clock, processId, offsets });
  for await (const chunk of attachment.output) if (isKept) gather.take(chunk);
  gather.end();
  const exit = await attachment.exit;
  const record = controller.find(tenant, sandbox);
  recorder.processEnded(
    processId,
    record.state === 'ready' ? await controller.limits.refine(record, exit, scope) : exit,
  );
}
