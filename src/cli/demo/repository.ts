/** The demo's repository: a small program with a genuine bug, and a history in which it came about. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { HoldfastError } from '../../schema/error-class.ts';

const examples = join(import.meta.dirname, '../../../examples/repair');
const project = join(examples, 'project');

interface Commit {
  author: string;
  date: string;
  message: string;
  /** Paths in the project. */
  adds: string[];
  /** Path in the project: what it was then, from examples/repair. */
  earlier?: Record<string, string>;
}

/** The third commit brings the bug. */
const history: readonly Commit[] = [
  {
    author: 'Ada Brandt <ada@example.com>',
    date: '2025-03-03T09:12:00+01:00',
    message: 'Sum up how long each room is taken',
    adds: ['README.md', 'bin/busy', 'lib/parse.awk', 'lib/report.awk'],
    earlier: { 'lib/merge.awk': 'earlier/merge.awk' },
  },
  {
    author: 'Ada Brandt <ada@example.com>',
    date: '2025-03-05T16:40:00+01:00',
    message: 'Measure with many bookings: two thousand take half a second',
    adds: ['bench/bookings'],
  },
  {
    author: 'Milo Strand <milo@example.com>',
    date: '2025-04-11T11:05:00+02:00',
    message: 'Merge sorted bookings in one pass, sixty times as fast',
    adds: ['lib/merge.awk'],
  },
  {
    author: 'Ines Falk <ines@example.com>',
    date: '2025-06-20T14:31:00+02:00',
    message: 'Test bookings inside others; two of these fail',
    adds: ['test'],
  },
];

export async function makeRepository(): Promise<string> {
  const directory = join(await mkdtemp(join(tmpdir(), 'holdfast-demo-')), 'busy');
  await mkdir(directory);
  await git(directory, ['init', '-q', '-b', 'main']);
  for (const { author, date, message, adds, earlier = {} } of history) {
    for (const path of adds) await cp(join(project, path), join(directory, path), { recursive: true });
    for (const [path, source] of Object.entries(earlier)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await cp(join(examples, source), join(directory, path));
    }
    await git(directory, ['add', '-A']);
    const [, name = '', email = ''] = /^(.*) <(.*)>$/.exec(author) ?? [];
    await git(directory, ['commit', '-q', '-m', message], {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date,
    });
  }
  return directory;
}

/** Its standard output; nothing of the caller's own git settings or repository takes part. */
export async function git(
  directory: string,
  words: string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    ...environment,
  };
  try {
    const { stdout } = await promisify(execFile)('git', words, { cwd: directory, env });
    return stdout;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new HoldfastError('capability-missing', 'git is not installed', {
        cause,
        hint: 'Install it: apt-get install git',
      });
    }
    throw new HoldfastError(
      'internal',
      `git ${words.join(' ')} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
