/** The thread of aside.ts: one task, then it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { join, readFileIfPresent, writeFileAtomic } from '../base/index.ts';
import { asHoldfastError, HoldfastError } from '../schema/index.ts';
import type { AsideAnswer, AsideTask, Brought } from './aside.ts';
import { compareAnswers } from './compare.ts';
import { compareFiles } from './compare-files.ts';
import { manifestName } from './format.ts';
import { parseManifest } from './reader.ts';
import { verifyRecording } from './verify.ts';

parentPort?.postMessage(await answerOf(workerData as AsideTask));

async function answerOf(task: AsideTask): Promise<AsideAnswer> {
  try {
    switch (task.kind) {
      case 'bring':
        return { kind: 'bring', brought: await bring(task) };
      case 'verify':
        return { kind: 'verify', verified: await verifyRecording(task.directory, task.id, task.isOwn) };
      case 'answers':
        return {
          kind: 'compared',
          compared: compareAnswers(task.expected, task.actual, task.enabled),
          bySize: [],
          differing: null,
        };
      case 'files':
        return { kind: 'compared', ...compareFiles(task.expected, task.actual, task.how) };
    }
  } catch (error) {
    return { kind: 'failed', error: asHoldfastError(error).toBody() };
  }
}

/** The chain stays as it was made; only the manifest's own id and tenant are this home's. */
async function bring({ directory, id, tenant, name }: Extract<AsideTask, { kind: 'bring' }>): Promise<Brought> {
  const path = join(directory, manifestName);
  const { head, closed } = parseManifest((await readFileIfPresent(path)) ?? '', manifestName);
  const manifest = { head: { ...head, id, tenant, name }, closed };
  await writeFileAtomic(path, `${JSON.stringify(manifest, null, 2)}\n`, { sync: true });
  const { report, failures, lineBytes } = await verifyRecording(directory, id, false);
  const [problem] = report.problems;
  if (problem !== undefined) throw new HoldfastError('recording-corrupt', `the bundle does not verify: ${problem}`);
  const { steps, events } = report;
  return { endedAt: closed?.at ?? null, steps, events, failures, lineBytes };
}
