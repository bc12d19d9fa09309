/** Reading a patch: its parts by file, what each adds and removes, and where its paths start. */

export interface FilePatch {
  path: string;
  added: number;
  removed: number;
  binary: boolean;
  text: string;
}

export function splitPatch(patch: string): FilePatch[] {
  return (
    patch
      // Not `^` with `m`: it also matches behind the carriage return of a hostile line.
      .split(/(?<=^|\n)(?=diff --git )/)
      .filter((text) => text.startsWith('diff --git '))
      .map((text) => {
        const lines = bodyOf(text);
        return {
          path: pathOf(text),
          added: lines.filter((line) => line.startsWith('+')).length,
          removed: lines.filter((line) => line.startsWith('-')).length,
          binary: /^(GIT binary patch|Binary files .* differ)$/m.test(text),
          text,
        };
      })
  );
}

/** Paths from `directory` on instead of from the root, so that the patch applies where the copy came from. */
export function relocate({ text, path, ...counts }: FilePatch, directory: string): FilePatch {
  const from = directory.replace(/^\/+/, '');
  const at = text.search(/^@@ /m);
  const head = at < 0 ? text : text.slice(0, at);
  const moved = head.replace(/^(diff --git|---|\+\+\+|Binary files) .*$/gm, (line) =>
    line.replaceAll(`a/${from}/`, 'a/').replaceAll(`b/${from}/`, 'b/'),
  );
  const start = `${from}/`;
  return {
    ...counts,
    path: path.startsWith(start) ? path.slice(start.length) : path,
    text: moved + (at < 0 ? '' : text.slice(at)),
  };
}

/** As `git diff --stat` tells it. */
export function formatStat(files: readonly FilePatch[]): string {
  if (files.length === 0) return 'nothing changed\n';
  const width = Math.max(...files.map(({ path }) => path.length));
  const most = Math.max(...files.map(({ added, removed }) => added + removed));
  const scale = Math.min(1, 40 / Math.max(1, most));
  const rows = files.map(({ path, added, removed, binary }) => {
    const signs = '+'.repeat(Math.ceil(added * scale)) + '-'.repeat(Math.ceil(removed * scale));
    return ` ${path.padEnd(width)} | ${binary ? 'binary' : `${added + removed} ${signs}`}`.trimEnd();
  });
  const [added, removed] = [sum(files, 'added'), sum(files, 'removed')];
  return `${rows.join('\n')}\n ${files.length} file${files.length === 1 ? '' : 's'} changed, ${added} added and ${removed} removed lines\n`;
}

function sum(files: readonly FilePatch[], of: 'added' | 'removed'): number {
  return files.reduce((total, file) => total + file[of], 0);
}

/** The lines of the hunks, by the counts in their heads: a removed line may itself begin with `--`. */
function bodyOf(text: string): string[] {
  const lines = text.split('\n');
  const body: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const head = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines[at] ?? '');
    if (!head) continue;
    let [old, young] = [Number(head[1] ?? 1), Number(head[2] ?? 1)];
    while (old > 0 || young > 0) {
      const line = lines[++at];
      if (line === undefined) break;
      if (line.startsWith('\\')) continue;
      if (!line.startsWith('+')) old--;
      if (!line.startsWith('-')) young--;
      body.push(line);
    }
  }
  return body;
}

function pathOf(text: string): string {
  const named = /^\+\+\+ (?:"b\/(.*)"|b\/(.*?))\t?$/m.exec(text) ?? /^--- (?:"a\/(.*)"|a\/(.*?))\t?$/m.exec(text);
  const head = named ?? /^diff --git .* (?:"b\/(.*)"|b\/(.*))$/m.exec(text);
  return head?.[1] ?? head?.[2] ?? '?';
}
