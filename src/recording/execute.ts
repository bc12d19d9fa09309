/** Does a recorded step again, by the verbs of any service. What cannot be done again is said before anything is done. */
import { HoldfastError, type HoldfastService, type ProcessExit } from '../schema/index.ts';
import type { Answer } from './compare.ts';
import { failureOf } from './replay.ts';

export interface StepCall {
  kind: 'tool' | 'verb';
  name: string;
  input: unknown;
}

export type StepService = Pick<
  HoldfastService,
  | 'callTool'
  | 'exec'
  | 'startProcess'
  | 'signalProcess'
  | 'attachProcess'
  | 'writeFile'
  | 'makeDirectory'
  | 'moveFile'
  | 'removeFile'
>;

/** Verbs whose effect is all in their input: done again they do the same, whatever the machine. */
export const pureVerbs: ReadonlySet<string> = new Set(['write-file', 'make-directory', 'move-file', 'remove-file']);

export async function executeStep(service: StepService, ref: string, call: StepCall): Promise<Answer> {
  if (call.kind === 'tool') {
    const result = await service.callTool(ref, { tool: call.name, input: call.input });
    return result.ok ? { ok: true, value: result.output } : { ok: false, failure: result.error };
  }
  const verb = verbs[call.name];
  if (!verb) throw new HoldfastError('invalid-argument', `a recorded ${call.name} cannot be done again`);
  try {
    return { ok: true, value: (await verb(service, ref, fieldsOf(call.input))) ?? null };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

type Fields = Record<string, unknown>;
type Verb = (service: StepService, ref: string, input: Fields) => Promise<unknown>;

/** Each input was parsed when it was recorded, and is parsed again by the verb. */
const verbs: Readonly<Record<string, Verb>> = {
  exec: (service, ref, input) => service.exec(ref, input as Parameters<StepService['exec']>[1]),
  'start-process': (service, ref, input) =>
    service.startProcess(ref, input as Parameters<StepService['startProcess']>[1]),
  'signal-process': (service, ref, { processId, signal, tree }) =>
    service.signalProcess(ref, String(processId), String(signal), { tree: tree === true }),
  'write-file': (service, ref, { path, data, mode, parents, exclusive }) => {
    if (!(data instanceof Uint8Array)) {
      throw new HoldfastError('recording-corrupt', `what was written to ${String(path)} was too large to be kept`);
    }
    return service.writeFile(ref, String(path), data, {
      ...(typeof mode === 'number' ? { mode } : {}),
      ...(parents === true ? { parents } : {}),
      ...(exclusive === true ? { exclusive } : {}),
    });
  },
  'make-directory': (service, ref, { path }) => service.makeDirectory(ref, String(path)),
  'move-file': (service, ref, { from, to, replace }) =>
    service.moveFile(ref, String(from), String(to), { replace: replace === true }),
  'remove-file': (service, ref, { path, recursive }) =>
    service.removeFile(ref, String(path), { recursive: recursive === true }),
};

const fieldsOf = (input: unknown): Fields =>
  typeof input === 'object' && input !== null
    ? (Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null)) as Fields)
    : {};

/** Printed more than this, a process is compared by what came first. */
const mostOutputBytes = 64 * 1024 * 1024;

/** Gives what was typed, reads what is printed, and waits for the end; null when it does not come in time. */
export async function finishProcess(
  service: Pick<StepService, 'attachProcess'>,
  place: { ref: string; processId: string },
  input: readonly (Uint8Array | null)[],
  timeoutMs: number,
): Promise<{ exit: ProcessExit; stdout: Uint8Array; stderr: Uint8Array } | null> {
  const signal = AbortSignal.timeout(timeoutMs);
  const attachment = await service.attachProcess(place.ref, place.processId, { signal });
  attachment.exit.catch(() => undefined);
  const printed: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] };
  try {
    const typing = type(attachment, input);
    typing.catch(() => undefined);
    let bytes = 0;
    for await (const { stream, data } of attachment.output) {
      bytes += data.length;
      if (bytes <= mostOutputBytes) printed[stream].push(Buffer.from(data));
    }
    const exit = await attachment.exit;
    return { exit, stdout: Buffer.concat(printed.stdout), stderr: Buffer.concat(printed.stderr) };
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    await attachment.detach();
  }
}

async function type(
  attachment: Awaited<ReturnType<StepService['attachProcess']>>,
  input: readonly (Uint8Array | null)[],
): Promise<void> {
  for (const data of input) {
    if (data === null) await attachment.endInput();
    else await attachment.write(data);
  }
}
