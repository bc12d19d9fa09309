/** The client's verbs on files inside a sandbox. */
import { HoldfastError } from '../schema/error-class.ts';
import type { CallOptions, FileEvent, FileStat, HoldfastService } from '../schema/index.ts';
import { headerNames, mediaTypes } from '../schema/wire.ts';
import type { Caller, Query } from './call.ts';
import { sandboxPath } from './sandboxes.ts';
import { readEvents } from './sse.ts';

type FileVerbs = Pick<
  HoldfastService,
  | 'statFile'
  | 'listFiles'
  | 'readFile'
  | 'writeFile'
  | 'makeDirectory'
  | 'moveFile'
  | 'removeFile'
  | 'searchFiles'
  | 'watchFiles'
>;

export interface SignFile {
  path: string;
  method: 'GET' | 'PUT';
  /** At most seven days; one hour when absent. */
  expiresInMs?: number;
}

export interface SignedFile {
  /** Path and query, to be put behind the server's address. Whoever has it needs no key. */
  url: string;
  expiresAt: string;
}

const filesPath = (ref: string): string => `${sandboxPath(ref)}/files`;

export const fileVerbs = (caller: Caller): FileVerbs => ({
  statFile: (ref, path, options) => caller.json('GET', `${filesPath(ref)}/stat`, { query: { path }, options }),
  listFiles: (ref, path, options) => caller.json('GET', `${filesPath(ref)}/list`, { query: { path }, options }),
  async readFile(ref, path, input = {}, options) {
    const { headers, content } = await caller.stream('GET', filesPath(ref), { query: { path, ...input }, options });
    return { stat: statOf(headers.get(headerNames.stat)), content };
  },
  writeFile(ref, path, data, options = {}) {
    const { mode, parents, exclusive, ...rest } = options;
    const query: Query = { path, mode, parents, exclusive };
    return caller.json('PUT', filesPath(ref), { query, bytes: data, options: rest });
  },
  makeDirectory: (ref, path, options) =>
    caller.nothing('POST', `${filesPath(ref)}/directory`, { json: { path }, options }),
  moveFile: (ref, from, to, input = {}, options) =>
    caller.nothing('POST', `${filesPath(ref)}/move`, { json: { from, to, ...input }, options }),
  removeFile: (ref, path, input = {}, options) =>
    caller.nothing('DELETE', filesPath(ref), { query: { path, ...input }, options }),
  searchFiles: (ref, input, options) => caller.json('POST', `${filesPath(ref)}/search`, { json: input, options }),
  watchFiles: (ref, path, input = {}, options) => watch(caller, ref, { path, ...input }, options),
});

export const signFile = (caller: Caller, ref: string, input: SignFile, options?: CallOptions): Promise<SignedFile> =>
  caller.json('POST', `${filesPath(ref)}/sign`, { json: input, options });

async function* watch(
  caller: Caller,
  ref: string,
  query: Query,
  options: CallOptions | undefined,
): AsyncGenerator<FileEvent, void, undefined> {
  const init = { query, accept: mediaTypes.events, options };
  const { content } = await caller.stream('GET', `${filesPath(ref)}/watch`, init);
  // Under this name the server writes `FileEvent`s only.
  for await (const { type, data } of readEvents(content)) if (type === 'change') yield data as FileEvent;
}

function statOf(header: string | null): FileStat {
  if (header === null) throw new HoldfastError('daemon-unreachable', `the answer lacks its ${headerNames.stat} header`);
  return JSON.parse(decodeURIComponent(header)) as FileStat;
}
