/** Files of a sandbox as a tool: text in, text out, and never half a change. */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { fileTypes, HoldfastError } from '../schema/index.ts';
import { applyEdit } from './edit.ts';
import { takeLines } from './lines.ts';
import { pathSchema, workspace } from './paths.ts';
import { defineTool } from './tool.ts';
import type { Tool, ToolContext } from './types.ts';

const mebibyte = 1024 * 1024;
/** An edit holds the file whole, twice, and looks through it in one go. */
const largestEditBytes = 4 * mebibyte;
const longestListing = 10_000;

const readCap = z.int().min(256).max(mebibyte);
const text = z.string().max(mebibyte);
const mode = z.int().min(1).max(0o777);
const maxMatches = z.int().min(1).max(10_000);
const line = z.int().min(1);

const actions = {
  read: z.strictObject({
    action: z.literal('read'),
    path: pathSchema,
    firstLine: line.default(1),
    lastLine: line.optional(),
    maxBytes: readCap.default(262_144),
  }),
  write: z.strictObject({ action: z.literal('write'), path: pathSchema, content: text, mode: mode.optional() }),
  edit: z.strictObject({
    action: z.literal('edit'),
    path: pathSchema,
    old: text.min(1),
    new: text,
    expectedCount: z.int().min(1).max(100_000).default(1),
  }),
  search: z.strictObject({
    action: z.literal('search'),
    path: pathSchema.default(workspace),
    pattern: z.string().min(1).max(4096),
    regex: z.boolean().default(false),
    ignoreCase: z.boolean().default(false),
    glob: z.string().max(256).optional(),
    maxMatches: maxMatches.default(200),
  }),
  list: z.strictObject({ action: z.literal('list'), path: pathSchema.default(workspace) }),
  stat: z.strictObject({ action: z.literal('stat'), path: pathSchema }),
  move: z.strictObject({
    action: z.literal('move'),
    path: pathSchema,
    to: pathSchema,
    replace: z.boolean().default(false),
  }),
  remove: z.strictObject({ action: z.literal('remove'), path: pathSchema, recursive: z.boolean().default(false) }),
  mkdir: z.strictObject({ action: z.literal('mkdir'), path: pathSchema }),
};

const path = z.string().describe(`Absolute, or relative to ${workspace}; optional for list and search.`);
const input = z
  .strictObject({
    action: z.enum(['read', 'write', 'edit', 'search', 'list', 'stat', 'move', 'remove', 'mkdir']),
    path: path.optional(),
    firstLine: line.optional().describe('For read: the first line wanted, from 1.'),
    lastLine: line.optional().describe('For read: the last line wanted, inclusive.'),
    maxBytes: readCap.optional().describe('For read: most bytes in the answer (default 262144).'),
    content: text.optional().describe('For write: the whole new content. Missing directories are made.'),
    mode: mode.optional().describe('For write: permission bits; an existing file keeps its own.'),
    old: text.min(1).optional().describe('For edit: the exact text to replace.'),
    new: text.optional().describe('For edit: what comes in its place.'),
    expectedCount: line
      .optional()
      .describe('For edit: how often `old` stands in the file (default 1); all are replaced.'),
    pattern: z.string().optional().describe('For search: plain text, or an extended regular expression with `regex`.'),
    regex: z.boolean().optional(),
    ignoreCase: z.boolean().optional(),
    glob: z.string().optional().describe('For search: only files with such a name, e.g. *.ts.'),
    maxMatches: maxMatches.optional().describe('For search (default 200).'),
    to: z.string().optional().describe('For move: the new path.'),
    replace: z.boolean().optional().describe('For move: replace what is there.'),
    recursive: z.boolean().optional().describe('For remove: directories with all that is in them.'),
  })
  .pipe(
    z.discriminatedUnion('action', [
      actions.read,
      actions.write,
      actions.edit,
      actions.search,
      actions.list,
      actions.stat,
      actions.move,
      actions.remove,
      actions.mkdir,
    ]),
  );

const stat = z.strictObject({
  path: z.string(),
  type: z.enum(fileTypes),
  sizeBytes: z.number(),
  mode: z.number(),
  uid: z.number(),
  gid: z.number(),
  modifiedMs: z.number(),
  target: z.string().nullable(),
});

const output = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('read'),
    path: z.string(),
    content: z.string(),
    firstLine: z.number(),
    /** The last line in `content`; less than `firstLine` when the file ends before. */
    lastLine: z.number(),
    /** Null when the reading ended before the file. */
    totalLines: z.number().nullable(),
    sizeBytes: z.number(),
    /** `maxBytes` cut the content off. */
    truncated: z.boolean(),
    /** False when some bytes are not UTF-8; they stand as U+FFFD. */
    validUtf8: z.boolean(),
  }),
  z.strictObject({ action: z.literal('write'), path: z.string(), sizeBytes: z.number() }),
  /** `lines` are those the replaced texts began in, as numbered before. */
  z.strictObject({ action: z.literal('edit'), path: z.string(), replaced: z.number(), lines: z.array(z.number()) }),
  z.strictObject({
    action: z.literal('search'),
    matches: z.array(z.strictObject({ path: z.string(), line: z.number(), text: z.string() })),
    truncated: z.boolean(),
    filesSearched: z.number(),
  }),
  z.strictObject({ action: z.literal('list'), path: z.string(), entries: z.array(stat), truncated: z.boolean() }),
  z.strictObject({ action: z.literal('stat'), stat }),
  z.strictObject({ action: z.literal('move'), path: z.string(), to: z.string() }),
  z.strictObject({ action: z.literal('remove'), path: z.string() }),
  z.strictObject({ action: z.literal('mkdir'), path: z.string() }),
]);

type Request = z.output<typeof input>;
type Answer = z.input<typeof output>;
type Asked<Action extends Request['action']> = Extract<Request, { action: Action }>;

export const files: Tool = defineTool({
  name: 'files',
  description: `Works with the files of the sandbox. "read" gives a file's text, or the lines from firstLine to lastLine; "write" replaces a whole file; "edit" replaces an exact piece of text that stands in the file once (or expectedCount times); "search" finds text in files below a directory; "list", "stat", "move", "remove" and "mkdir" do what they say. A file is changed wholly or not at all.`,
  input,
  output,
  risk: 'write',
  idempotent: false,
  timing: 'blocking',
  run: (request, context) => act(request, context),
});

async function act(request: Request, context: ToolContext): Promise<Answer> {
  const { access, scope } = context;
  const { action, path } = request;
  switch (action) {
    case 'read':
      return read(request, context);
    case 'write':
      return write(request, context);
    case 'edit':
      return edit(request, context);
    case 'search':
      return search(request, context);
    case 'list':
      return list(request, context);
    case 'stat':
      return { action, stat: await access.statFile(path, scope) };
    case 'move':
      await access.moveFile(path, request.to, { replace: request.replace }, scope);
      return { action, path, to: request.to };
    case 'remove':
      await access.removeFile(path, { recursive: request.recursive }, scope);
      return { action, path };
    case 'mkdir':
      await access.makeDirectory(path, scope);
      return { action, path };
  }
}

async function read(request: Asked<'read'>, { access, scope }: ToolContext): Promise<Answer> {
  const { path, firstLine, maxBytes } = request;
  const { stat: facts, content } = await access.readFile(path, {}, scope);
  const last = request.lastLine ?? Number.POSITIVE_INFINITY;
  const lines = await takeLines(content, { first: firstLine, last, capBytes: maxBytes });
  return {
    action: 'read',
    path,
    content: Buffer.from(lines.bytes).toString('utf8'),
    firstLine,
    lastLine: lines.last,
    totalLines: lines.atEnd ? lines.seen : null,
    sizeBytes: facts.sizeBytes,
    truncated: lines.truncated,
    validUtf8: isUtf8(lines.bytes),
  };
}

async function write(request: Asked<'write'>, { access, scope }: ToolContext): Promise<Answer> {
  const { path, content, mode: permissions } = request;
  const options = { parents: true, ...(permissions === undefined ? {} : { mode: permissions }) };
  const written = await access.writeFile(path, Buffer.from(content), options, scope);
  return { action: 'write', path, sizeBytes: written.sizeBytes };
}

async function edit(request: Asked<'edit'>, context: ToolContext): Promise<Answer> {
  const before = await readText(request.path, context);
  const { text: after, lines } = applyEdit(before, request, request.path);
  await context.access.writeFile(request.path, Buffer.from(after), {}, context.scope);
  return { action: 'edit', path: request.path, replaced: lines.length, lines };
}

async function readText(path: string, { access, scope }: ToolContext): Promise<string> {
  const { content } = await access.readFile(path, {}, scope);
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of content) {
    sizeBytes += piece.length;
    if (sizeBytes > largestEditBytes) {
      throw new HoldfastError('file-too-large', `${path} is larger than ${largestEditBytes} bytes`, {
        hint: 'Change it with a command in the shell.',
      });
    }
    pieces.push(piece);
  }
  const bytes = Buffer.concat(pieces);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw new HoldfastError('not-a-file', `${path} is not a UTF-8 text file`, {
    hint: 'Change it with a command in the shell.',
  });
}

async function search(request: Asked<'search'>, { access, scope }: ToolContext): Promise<Answer> {
  const { action, glob, ...rest } = request;
  const found = await access.searchFiles({ ...rest, ...(glob === undefined ? {} : { glob }) }, scope);
  return { action, ...found };
}

async function list(request: Asked<'list'>, { access, scope }: ToolContext): Promise<Answer> {
  const { action, path } = request;
  const entries = await access.listFiles(path, scope);
  return { action, path, entries: entries.slice(0, longestListing), truncated: entries.length > longestListing };
}
