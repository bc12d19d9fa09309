import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { AuditProblem } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'audit verify',
  summary: 'Reads all of the audit log and compares it with every signed checkpoint; status 1 when something is wrong.',
  examples: [
    ['holdfast audit verify', 'against the checkpoints of the second place'],
    ['holdfast audit verify --checkpoints ./witness', 'and against those that were kept elsewhere'],
    [
      'holdfast audit verify --export ada.jsonl',
      'an export, without the daemon; --key says whose signature is trusted',
    ],
  ],
  arguments: {},
  options: {
    checkpoints: { kind: 'text', value: 'DIRECTORY', description: 'files with checkpoints that somebody else kept' },
    export: { kind: 'text', value: 'FILE', description: 'check what `audit export` wrote instead; asks no daemon' },
    key: { kind: 'text', value: 'BASE64', description: 'with --export: the public key that is trusted' },
  },
  async run({ options, context: { io, output, ...context } }) {
    if (options.export !== undefined) {
      const { checkExport } = await import('../../audit/index.ts');
      const report = await checkExport(linesOf(resolve(io.directory, options.export)), options.key);
      if (options.json) await output.document(report);
      else {
        await output.line(`${report.entries} entries, checked with the key ${report.publicKey}`);
        if (options.key === undefined) await output.hint('the key is the one in the file; say --key to trust another');
        for (const problem of report.problems) await output.line(problemLine(problem));
      }
      return report.ok ? 0 : 1;
    }
    const checkpoints = options.checkpoints && (await notesIn(resolve(io.directory, options.checkpoints)));
    const report = await (await context.service()).verifyAudit({ ...defined('checkpoints', checkpoints || undefined) });
    if (options.json) {
      await output.document(report);
      return report.ok ? 0 : 1;
    }
    const { entries, segments, last, root, problems } = report;
    const { place, compared, newest, uncovered, notice } = report.checkpoints;
    await output.line(`${entries} entries in ${segments} segments, the last is ${last.sequence}; root ${root}`);
    await output.line(
      `${compared} checkpoints compared${newest ? `, the newest of ${newest.at} with ${newest.size} entries` : ''}; ` +
        `${uncovered} entries are newer; second place: ${place}`,
    );
    for (const problem of problems) await output.line(problemLine(problem));
    if (problems.length === 0) await output.line('nothing is wrong');
    if (notice !== null) await output.hint(notice);
    return report.ok ? 0 : 1;
  },
});
export default command;

function problemLine({ sequence, file, line, reason }: AuditProblem): string {
  const where = file === null ? '' : ` (${file}${line === null ? '' : ` line ${line}`})`;
  return `${sequence === null ? 'wrong' : `entry ${sequence}`}: ${reason}${where}`;
}

async function notesIn(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).sort();
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
}

async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}
