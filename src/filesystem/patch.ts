/**
 * Differences as a patch that `git apply` takes: text as unified hunks, everything else as a binary literal, so that
 * applying it gives the very bytes. Directories and special files have no place in such a patch.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { structuredPatch } from 'diff';
import { HoldfastError } from '../schema/index.ts';
import { binaryLiteral } from './patch-binary.ts';
import type { TreeDifference } from './types.ts';

/** A patch is held in memory whole; larger files belong into an export. */
export const largestPatchedFile = 8 * 2 ** 20;
const largestText = 2 ** 20;
/** Two unrelated texts of a megabyte would be compared for minutes; past this they are shown as replaced. */
const mostEdits = 20_000;
const contextLines = 3;

interface Side {
  /** As git writes it; null where the side has no file. */
  mode: string | null;
  content: Buffer;
  exists: boolean;
}

export function formatPatch(differences: readonly TreeDifference[]): string {
  return differences.map(formatFile).join('');
}

function formatFile(difference: TreeDifference): string {
  const before = sideOf(difference, difference.modeBefore, difference.contentBefore, difference.sizeBefore);
  const after = sideOf(difference, difference.modeAfter, difference.contentAfter, difference.sizeAfter);
  if (before.mode === null && after.mode === null) return '';
  const names = { before: quote(`a/${difference.path}`), after: quote(`b/${difference.path}`) };
  const head = `diff --git ${names.before} ${names.after}\n${modeLines(before, after)}`;
  if (difference.kind === 'mode') return before.mode === after.mode ? '' : head;
  const same = before.content.equals(after.content);
  const index = same && before.exists && after.exists ? '' : indexLine(before, after);
  return `${head}${index}${same ? '' : body(before, after, names)}`;
}

function sideOf(
  difference: TreeDifference,
  mode: number | null,
  content: Uint8Array | null,
  size: number | null,
): Side {
  const gitMode = mode === null ? null : modeOf(mode);
  if (gitMode === null) return { mode: null, content: Buffer.alloc(0), exists: false };
  if (content === null && difference.kind !== 'mode') throw tooLarge(difference.path, size ?? 0);
  return { mode: gitMode, content: Buffer.from(content ?? Buffer.alloc(0)), exists: true };
}

/** Null for what a patch cannot hold. */
function modeOf(mode: number): string | null {
  const kind = mode & 0o170000;
  if (kind === 0o120000) return '120000';
  if (kind !== 0o100000) return null;
  return mode & 0o100 ? '100755' : '100644';
}

function modeLines(before: Side, after: Side): string {
  if (!before.exists) return `new file mode ${after.mode}\n`;
  if (!after.exists) return `deleted file mode ${before.mode}\n`;
  return before.mode === after.mode ? '' : `old mode ${before.mode}\nnew mode ${after.mode}\n`;
}

function indexLine(before: Side, after: Side): string {
  const mode = before.exists && after.exists && before.mode === after.mode ? ` ${after.mode}` : '';
  return `index ${blobId(before)}..${blobId(after)}${mode}\n`;
}

function blobId({ exists, content }: Side): string {
  if (!exists) return '0'.repeat(40);
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function body(before: Side, after: Side, names: { before: string; after: string }): string {
  const texts = [before, after].map(({ content }) => textOf(content));
  const [old, current] = texts;
  const hunks =
    old === null || old === undefined || current === null || current === undefined ? null : hunksOf(old, current);
  if (hunks === null) return `GIT binary patch\n${binaryLiteral(after.content)}${binaryLiteral(before.content)}`;
  const from = before.exists ? header(names.before) : '/dev/null';
  const to = after.exists ? header(names.after) : '/dev/null';
  return `--- ${from}\n+++ ${to}\n${hunks}`;
}

/** A name with a space is ended by a tab, or `patch` would take the space for the end. */
const header = (name: string): string => (name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name);

/** Null when it is no text: a NUL, bytes that are not UTF-8, or too much of it. */
export function textOf(content: Buffer): string | null {
  if (content.length > largestText || content.includes(0)) return null;
  const text = content.toString('utf8');
  return Buffer.from(text, 'utf8').equals(content) ? text : null;
}

function hunksOf(old: string, current: string): string | null {
  const patch = structuredPatch('', '', old, current, undefined, undefined, {
    context: contextLines,
    maxEditLength: mostEdits,
  });
  if (!patch) return null;
  return patch.hunks
    .map(({ oldStart, oldLines, newStart, newLines, lines }) => {
      const from = range(oldStart, oldLines);
      const to = range(newStart, newLines);
      return `@@ -${from} +${to} @@\n${lines.join('\n')}\n`;
    })
    .join('');
}

/** An empty side is written as line 0. */
function range(start: number, lines: number): string {
  if (lines === 0) return `${Math.max(0, start - 1)},0`;
  return lines === 1 ? `${start}` : `${start},${lines}`;
}

/** As git: a name with control characters, quotes or backslashes stands in quotes, with C escapes. */
function quote(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  if (!/[\u0000-\u001f\u007f"\\]/.test(name)) return name;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  const escaped = name.replace(/[\u0000-\u001f\u007f"\\]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `"${escaped}"`;
}

function tooLarge(path: string, size: number): HoldfastError {
  return new HoldfastError(
    'file-too-large',
    `/${path} has ${size} bytes; a patch holds files up to ${largestPatchedFile}`,
    {
      hint: 'Narrow it with a path, or export the files.',
      details: { path: `/${path}`, sizeBytes: size },
    },
  );
}
