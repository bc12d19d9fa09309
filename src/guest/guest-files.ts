/** The verbs about files that are one question and one answer, and the door to those that stream. */
import type { Scope } from '../base/index.ts';
import { type FileStat, fileTypes, HoldfastError, type SearchResult } from '../schema/index.ts';
import type { GuestChannel } from './channel.ts';
import type { Subject } from './errno.ts';
import { Fields, FieldWriter } from './fields.ts';
import { search, watch } from './file-streams.ts';
import { readAll, readStream, write } from './file-transfers.ts';
import { protocolError } from './frames.ts';
import type {
  FileListing,
  FileWatch,
  GuestFileContent,
  GuestFiles,
  ReadRange,
  SearchRequest,
  WriteFile,
} from './types.ts';
import { messageTypes, tags } from './wire.ts';

const pageEntries = 1000;
const defaultMaxEntries = 100_000;
const defaultMaxBytes = 64 * 1024 * 1024;

export class GuestFilesClient implements GuestFiles {
  readonly #channel: GuestChannel;

  constructor(channel: GuestChannel) {
    this.#channel = channel;
  }

  async stat(path: string, options: { follow?: boolean } = {}, scope?: Scope): Promise<FileStat> {
    const fields = new FieldWriter().text(tags.path, path).flag(tags.flags, options.follow);
    const answer = await this.#call(messageTypes.stat, fields, 'look at', path, scope);
    return readStat(new Fields(answer), path);
  }

  list(path: string, scope?: Scope): FileListing {
    return {
      [Symbol.asyncIterator]: () => this.#pages(path, scope),
      all: async (options = {}) => {
        const most = options.maxEntries ?? defaultMaxEntries;
        const entries: FileStat[] = [];
        for await (const entry of this.#pages(path, scope)) {
          if (entries.length === most) throw tooManyEntries(path, most);
          entries.push(entry);
        }
        return entries;
      },
    };
  }

  readStream(path: string, options: ReadRange = {}, scope?: Scope): Promise<GuestFileContent> {
    if (options.length === 0) return this.#readNothing(path, scope);
    return readStream(this.#channel, path, options, scope);
  }

  readAll(path: string, options: { maxBytes?: number } = {}, scope?: Scope): Promise<Uint8Array> {
    return readAll(this.#channel, path, options.maxBytes ?? defaultMaxBytes, scope);
  }

  write(
    path: string,
    data: Uint8Array | AsyncIterable<Uint8Array>,
    options: WriteFile = {},
    scope?: Scope,
  ): Promise<{ sizeBytes: number }> {
    return write(this.#channel, path, { ...options, data }, scope);
  }

  async mkdir(path: string, options: { mode?: number; parents?: boolean } = {}, scope?: Scope): Promise<void> {
    const fields = new FieldWriter()
      .text(tags.path, path)
      .int(tags.mode, options.mode)
      .flag(tags.parents, options.parents);
    await this.#call(messageTypes.mkdir, fields, 'make directory', path, scope);
  }

  async move(from: string, to: string, options: { replace?: boolean } = {}, scope?: Scope): Promise<void> {
    const fields = new FieldWriter().text(tags.path, from).text(tags.target, to).flag(tags.flags, options.replace);
    await this.#call(messageTypes.move, fields, 'move', `${from} to ${to}`, scope);
  }

  async remove(path: string, options: { recursive?: boolean } = {}, scope?: Scope): Promise<{ count: number }> {
    const fields = new FieldWriter().text(tags.path, path).flag(tags.flags, options.recursive);
    const answer = await this.#call(messageTypes.remove, fields, 'remove', path, scope);
    return { count: new Fields(answer).int(tags.count) };
  }

  async chmod(path: string, mode: number, scope?: Scope): Promise<void> {
    const fields = new FieldWriter().text(tags.path, path).int(tags.mode, mode);
    await this.#call(messageTypes.chmod, fields, 'change the mode of', path, scope);
  }

  async symlink(path: string, target: string, scope?: Scope): Promise<void> {
    const fields = new FieldWriter().text(tags.path, path).text(tags.target, target);
    await this.#call(messageTypes.symlink, fields, 'link', path, scope);
  }

  search(request: SearchRequest, scope?: Scope): Promise<SearchResult> {
    return search(this.#channel, request, scope);
  }

  watch(path: string, options: { recursive?: boolean } = {}, scope?: Scope): FileWatch {
    return watch(this.#channel, path, options.recursive ?? false, scope);
  }

  /** On the wire a length of 0 means to the end. */
  async #readNothing(path: string, scope: Scope | undefined): Promise<GuestFileContent> {
    const { sizeBytes, mode, type } = await this.stat(path, { follow: true }, scope);
    if (type !== 'file') {
      throw new HoldfastError('not-a-file', `could not read ${path}: it is a ${type}`, {
        hint: 'Name a regular file.',
      });
    }
    return { sizeBytes, mode, stream: (async function* () {})() };
  }

  async *#pages(path: string, scope: Scope | undefined): AsyncGenerator<FileStat, undefined> {
    let cursor: number | undefined;
    for (;;) {
      const fields = new FieldWriter().text(tags.path, path).int(tags.cursor, cursor).int(tags.count, pageEntries);
      const page = new Fields(await this.#call(messageTypes.list, fields, 'list', path, scope));
      const entries = page.nested(tags.entry);
      for (const entry of entries) yield readStat(entry, childPath(path, entry.text(tags.path)));
      if (page.optionalInt(tags.more) !== 1) return undefined;
      if (entries.length === 0) throw protocolError(`the guest's list of ${path} does not advance`);
      cursor = page.int(tags.cursor);
    }
  }

  #call(type: number, fields: FieldWriter, action: string, path: string, scope: Scope | undefined): Promise<Buffer> {
    const subject: Subject = { kind: 'file', action, name: path };
    return this.#channel.call(type, fields, subject, { scope });
  }
}

function readStat(fields: Fields, path: string): FileStat {
  const type = fileTypes[fields.int(tags.fileType) - 1];
  const modifiedNs = fields.signed(tags.mtimeNs);
  if (!type) throw protocolError('the guest reported a file type that does not exist');
  return {
    path,
    type,
    sizeBytes: fields.int(tags.size),
    mode: fields.int(tags.mode) & 0o7777,
    uid: fields.int(tags.uid),
    gid: fields.int(tags.gid),
    modifiedMs: Number(modifiedNs / 1_000_000n) + Number(modifiedNs % 1_000_000n) / 1e6,
    target: fields.optionalText(tags.target) ?? null,
  };
}

/** A name from the guest must stay a name: joined somewhere else it must not climb. */
function childPath(directory: string, name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw protocolError(`the guest listed ${JSON.stringify(name)}, which is no file name`);
  }
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

const tooManyEntries = (path: string, most: number): HoldfastError =>
  new HoldfastError('file-too-large', `${path} holds more than ${most} entries`, {
    hint: 'Go through them page by page, or raise the limit.',
  });
