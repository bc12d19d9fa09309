/** The file door. */
import { TargetError, type TargetSession } from '../../src/contract/index.ts';
import type { Mutation } from './mutation.ts';
import { bytesOf, onSession, textOf, type Wrap } from './wrap.ts';

type Write = TargetSession['writeFile'];

const onWrite = (change: (write: Write, session: TargetSession) => Write): Wrap =>
  onSession((session) => ({ writeFile: change(session.writeFile, session) }));

const saying = (change: (said: string) => string): Wrap =>
  onSession(({ readFile }) => ({
    readFile: async (path, most, signal) => {
      try {
        return await readFile(path, most, signal);
      } catch (error) {
        if (!(error instanceof TargetError) || error.side === 'harness') throw error;
        throw new TargetError('runtime', 'file-failed', change(error.message));
      }
    },
  }));

const isThere = async (session: TargetSession, path: string, signal: AbortSignal): Promise<boolean> =>
  (await session.exec({ command: ['test', '-e', path], timeoutMs: 20_000 }, signal)).exitCode === 0;

export const files: readonly Mutation[] = [
  {
    id: 'file-line-ends',
    what: 'a written file has other line ends',
    names: ['tools.file.bytes'],
    wrap: onWrite(
      (write) => (path, data, signal) => write(path, bytesOf(textOf(data).replaceAll('\n', '\r\n')), signal),
    ),
    quick: true,
  },
  {
    id: 'file-private',
    what: 'a written file is readable by its owner only',
    names: ['tools.file.mode'],
    wrap: onWrite((write, { exec }) => async (path, data, signal) => {
      await write(path, data, signal);
      await exec({ command: ['chmod', '600', path], timeoutMs: 20_000 }, signal);
    }),
    quick: true,
  },
  {
    id: 'file-without-parents',
    what: 'writing makes no directories',
    names: ['tools.file.parents'],
    wrap: onWrite((write, session) => async (path, data, signal) => {
      const parent = path.slice(0, path.lastIndexOf('/')) || '/';
      if (await isThere(session, parent, signal)) return write(path, data, signal);
      throw new TargetError('runtime', 'file-failed', `${parent} does not exist`);
    }),
    quick: true,
  },
  {
    id: 'file-written-once',
    what: 'an existing file is not replaced',
    names: ['tools.file.overwrites'],
    wrap: onWrite((write, session) => async (path, data, signal) => {
      if (!(await isThere(session, path, signal))) return write(path, data, signal);
      throw new TargetError('runtime', 'file-failed', `${path} exists`);
    }),
    quick: true,
  },
  {
    id: 'file-overlaid',
    what: 'a shorter text leaves the end of the longer one',
    names: ['tools.file.overwrites'],
    wrap: onWrite((write, { readFile }) => async (path, data, signal) => {
      const old = await readFile(path, 65_536, signal).catch(() => new Uint8Array());
      await write(path, Buffer.concat([data, old.subarray(data.length)]), signal);
    }),
    quick: true,
  },
  {
    id: 'file-missing-says-otherwise',
    what: 'a missing file is told in other words',
    names: ['tools.file.missing', 'tools.file.directory'],
    wrap: saying((said) => (said.includes('no such file') ? 'ENOENT: no such file or directory, open' : said)),
    quick: true,
  },
  {
    id: 'directory-says-otherwise',
    what: 'reading a directory is told in other words',
    names: ['tools.file.directory'],
    wrap: saying((said) => (said.includes('is a directory') ? 'EISDIR: illegal operation on a directory, read' : said)),
    quick: true,
  },
];
