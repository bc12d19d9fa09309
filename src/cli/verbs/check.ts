/** The project file and everything it names, each problem with its line. */
import { HoldfastError, isHoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import {
  type FoundProject,
  findProject,
  loadContract,
  loadProfile,
  loadProject,
  loadUsage,
  loadWaivers,
} from '../contract-files.ts';
import { policyOf } from '../network-options.ts';
import { printable } from '../output.ts';
import { contradictionsIn, type Problem } from '../project-contradictions.ts';

const command: Command = defineCommand({
  name: 'check',
  summary: 'Reads holdfast.yaml and all it names, and says what is wrong, with lines.',
  examples: [
    ['holdfast check', 'the project file here or above'],
    ['holdfast check holdfast.yaml --json', 'for tools'],
  ],
  arguments: { file: { description: 'a project file', optional: true, completes: 'file' } },
  options: {},
  async run({ args, options, context: { io, output } }) {
    const problems: Problem[] = [];
    const fine: string[] = [];
    const project = await projectOf(args.file, io, problems);
    for (const [path, what, read] of project ? named(project) : []) {
      try {
        await read();
        fine.push(what);
      } catch (error) {
        problems.push(...problemsOf(error, project?.file ?? '', project?.lineOf(path) ?? 1));
      }
    }
    if (project) problems.push(...(await contradictionsIn(project)));
    if (options.json) await output.document({ ok: problems.length === 0, problems });
    for (const { file, line, problem } of options.json ? [] : problems)
      await output.line(printable(line === 0 ? problem : `${file}:${line}: ${problem}`));
    for (const what of options.json ? [] : fine) await output.line(printable(`ok  ${what}`));
    return problems.length === 0 ? 0 : 1;
  },
});
export default command;

async function projectOf(
  file: string | undefined,
  io: Parameters<typeof findProject>[0],
  problems: Problem[],
): Promise<FoundProject | null> {
  try {
    const found = file === undefined ? await findProject(io) : await loadProject(file, io);
    if (found) return found;
  } catch (error) {
    if (!isHoldfastError(error) || error.code !== 'invalid-argument') throw error;
    problems.push(...problemsOf(error, file ?? '', 1));
    return null;
  }
  throw new HoldfastError('file-not-found', 'there is no holdfast.yaml here or above', {
    hint: 'Write one, e.g. with the two lines "version: 1" and "contract: coding-agent/1.0.0".',
  });
}

type Named = [path: string[], what: string, read: () => Promise<unknown>];

/** Everything the project names, with where it says so. */
function named({ value, directory }: FoundProject): Named[] {
  const place = { directory };
  const { contract, profiles, waivers, recordings, policy } = value;
  const list: Named[] = [[['contract'], `contract ${contract}`, () => loadContract(contract, place)]];
  for (const side of ['training', 'production'] as const) {
    const own = profiles[side];
    if (!own) continue;
    const { captured } = own;
    const at = (name: string): string[] => ['profiles', side, name];
    if (captured !== undefined)
      list.push([at('captured'), `profile of ${side} ${captured}`, () => loadProfile(captured, place)]);
    if (own.contract !== undefined) {
      const held = own.contract;
      list.push([at('contract'), `contract of ${side} ${held}`, () => loadContract(held, place)]);
    }
    if (own.policy !== undefined) {
      const opened = own.policy;
      list.push([at('policy'), `policy of ${side} ${opened}`, () => readPolicy(opened, directory)]);
    }
  }
  if (waivers !== undefined) list.push([['waivers'], `waivers ${waivers}`, () => loadWaivers(waivers, place)]);
  if (recordings.length > 0)
    list.push([['recordings'], `${recordings.length} recordings`, () => loadUsage(recordings, place)]);
  if (policy !== undefined) list.push([['policy'], `policy ${policy}`, () => readPolicy(policy, directory)]);
  return list;
}

async function readPolicy(name: string, directory: string): Promise<unknown> {
  if (name === 'none') return name;
  return policyOf(name, directory);
}

/** A file with lines of its own says them; anything else is said at the line that names it. */
function problemsOf(error: unknown, file: string, line: number): Problem[] {
  if (!isHoldfastError(error)) throw error;
  if (Array.isArray(error.details?.['problems'])) {
    return error.message.split('\n').map((problem) => ({ file, line: 0, problem }));
  }
  return [{ file, line, problem: error.message }];
}
