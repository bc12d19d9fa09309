/**
 * A daemon that is killed: looks at what the one before it left, then records run number N for whoever reads its stdout, saying
 * each answer before it makes the next call. Number -1 only looks.
 */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { canonicalJson } from '../src/base/index.ts';
import { createRuntime } from '../src/runtime/index.ts';
import { makeCalls } from './replayed.ts';
import { importSuites, suiteRun } from './suites.ts';

export type Said =
  | { found: { recording: string; ok: boolean; closedOk: boolean; problems: string[] } | null }
  | { recording: string }
  | { callId: string; ok: boolean; digest: string }
  | { done: true };

const [home = '', word = '-1'] = process.argv.slice(2);
const number = Number(word);
const say = (line: Said): void => void writeSync(1, `${JSON.stringify(line)}\n`);

const runtime = await createRuntime({ home });
const service = runtime.service();
say({ found: await lookAtLast() });
if (number >= 0) {
  const known = (await service.listSnapshots({ limit: 1000 })).items.find(({ name }) => name === 'suites');
  const template = known?.id ?? (await importSuites(service, 'suites'));
  const { id } = await service.createSandbox({ template, record: true });
  const [recording] = (await service.listRecordings({ sandbox: id })).items;
  say({ recording: recording?.id ?? '' });
  await makeCalls(service, id, suiteRun(number), (result) => {
    const answer = result.ok ? result.output : null;
    const digest = createHash('sha256').update(canonicalJson(answer)).digest('hex');
    say({ callId: result.callId, ok: result.ok, digest });
  });
}
say({ done: true });
await runtime.close();

/** The recording is verified as the new daemon took it up, then closed with its sandbox, verified once more, and removed. */
async function lookAtLast(): Promise<Extract<Said, { found: unknown }>['found']> {
  const { items } = await service.listRecordings({ limit: 1000 });
  const last = items.at(-1);
  if (!last) return null;
  const open = await service.verifyRecording(last.id);
  if (last.sandbox !== null) await service.destroySandbox(last.sandbox).catch(() => undefined);
  const closed = await service.verifyRecording(last.id);
  await service.deleteRecording(last.id);
  return { recording: last.id, ok: open.ok, closedOk: closed.ok, problems: [...open.problems, ...closed.problems] };
}
