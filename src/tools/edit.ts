/** Exact replacement in a text: what is replaced must stand there as often as was expected, or nothing changes. */
import { HoldfastError } from '../schema/index.ts';

export interface Edit {
  old: string;
  new: string;
  expectedCount: number;
}

/** @param path names the file in a refusal */
export function applyEdit(text: string, edit: Edit, path: string): { text: string; lines: number[] } {
  const places = placesOf(text, edit.old);
  const lines = lineNumbers(text, places);
  if (places.length === 0) throw noMatch(text, edit.old, path);
  if (places.length !== edit.expectedCount) throw wrongCount(edit, lines, path);
  let result = '';
  let end = 0;
  for (const place of places) {
    result += text.slice(end, place) + edit.new;
    end = place + edit.old.length;
  }
  return { text: result + text.slice(end), lines };
}

function placesOf(text: string, wanted: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) places.push(at);
  return places;
}

/** @param places in rising order */
function lineNumbers(text: string, places: readonly number[]): number[] {
  let line = 1;
  let seen = 0;
  return places.map((place) => {
    for (let at = text.indexOf('\n', seen); at >= 0 && at < place; at = text.indexOf('\n', at + 1)) {
      line++;
      seen = at + 1;
    }
    return line;
  });
}

function wrongCount(edit: Edit, lines: readonly number[], path: string): HoldfastError {
  const shown = lines.slice(0, 20).join(', ') + (lines.length > 20 ? ', ...' : '');
  const code = lines.length > edit.expectedCount ? 'edit-ambiguous' : 'edit-no-match';
  return new HoldfastError(
    code,
    `the text to replace stands ${lines.length} times in ${path}, not ${edit.expectedCount}: at line ${shown}`,
    {
      hint: 'Give more of the text around the place that is meant, or the right "expectedCount".',
      details: { lines: lines.slice(0, 1000) },
    },
  );
}

function noMatch(text: string, wanted: string, path: string): HoldfastError {
  const near = nearestLine(text, wanted);
  const hint = near
    ? `The nearest is line ${near.line}: ${JSON.stringify(near.text)}. Spaces, tabs and line ends count; read the file again.`
    : 'Read the file again: it holds nothing like this text.';
  return new HoldfastError('edit-no-match', `the text to replace is not in ${path}`, {
    hint,
    details: near ? { line: near.line } : {},
  });
}

const comparedLines = 4000;
const comparedCharacters = 200;
const shownCharacters = 160;
const leastLikeness = 0.4;

/** The line most like the first line of what was wanted that says anything, by the pairs of characters they share. */
function nearestLine(text: string, wanted: string): { line: number; text: string } | null {
  const target = wanted.split('\n').find((line) => line.trim() !== '');
  if (target === undefined) return null;
  const pairs = new Set(pairsOf(target));
  let best: { line: number; text: string } | null = null;
  let bestLikeness = leastLikeness;
  for (const [index, line] of text.split('\n', comparedLines).entries()) {
    const others = pairsOf(line);
    const shared = others.reduce((count, pair) => (pairs.has(pair) ? count + 1 : count), 0);
    const likeness = (2 * shared) / (pairs.size + others.length);
    if (likeness <= bestLikeness) continue;
    bestLikeness = likeness;
    best = { line: index + 1, text: line.slice(0, shownCharacters) };
  }
  return best;
}

/** Of the text without the white space around it. */
function pairsOf(line: string): string[] {
  const text = line.trim().slice(0, comparedCharacters);
  return text.length === 1
    ? [text]
    : Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2));
}
