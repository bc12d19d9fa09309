/** What somebody wrote in a mail, without what they answered to and how they sign. It takes no longer than the mail is long. */

/** From there on nothing is theirs. */
const separators: readonly RegExp[] = [
  /^-- ?$/,
  /^_{10,}\s*$/,
  /^-{3,}\s*(original|forwarded|ursprüngliche|weitergeleitete|message|mensaje|messaggio)\b(?:[^-]|-(?!--))*-{3,}\s*$/i,
  /^Sent from my (iphone|ipad|android|mobile|phone|samsung)\b/i,
];
const quote = /^\s*>/;
const introduces = /@|\b(wrote|writes|schrieb|a écrit|escribió|ha scritto)\b/i;
const mostIntroduced = 3;
/** A longer line is nobody's separator. */
const longestSeparator = 200;

export function spokenOf(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const end = lines.findIndex((line, at) => isSeparator(line) || isForwardHead(lines, at));
  const kept: string[] = [];
  let isBelowQuote = false;
  for (const line of end < 0 ? lines : lines.slice(0, end)) {
    const isQuote = quote.test(line);
    if (!isQuote) kept.push(line);
    else if (!isBelowQuote) dropIntroduction(kept);
    isBelowQuote = isQuote;
  }
  return kept
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

const isSeparator = (line: string): boolean =>
  line.length <= longestSeparator && separators.some((each) => each.test(line));

/** The head of a mail that is answered to, as some programs write it: `From:`, and `Subject:` soon after. */
function isForwardHead(lines: readonly string[], at: number): boolean {
  if (!/^\*?From:\*? \S/.test(lines[at] ?? '')) return false;
  return lines.slice(at + 1, at + 6).some((line) => /^\*?Subject:\*?/.test(line));
}

/** `On Monday somebody wrote:`, which may be broken into several lines, right above what is quoted. */
function dropIntroduction(kept: string[]): void {
  while (kept.at(-1)?.trim() === '') kept.pop();
  if (!kept.at(-1)?.trimEnd().endsWith(':')) return;
  // What is somebody's own and ends so stays.
  const above = Math.max(0, kept.length - mostIntroduced - 1);
  const first = above + kept.slice(above).findLastIndex((line) => line.trim() === '') + 1;
  if (kept.length - first <= mostIntroduced && introduces.test(kept.slice(first).join(' '))) kept.length = first;
}

/** What stands in them is not for people, or is what they answered to. */
const unseen = new Set(['style', 'script', 'head', 'title', 'template', 'blockquote']);
const breaks = new Set(['br', '/p', '/div', '/li', '/tr', '/h1', '/h2', '/h3', '/h4', '/h5', '/h6']);
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Of a mail that has no plain text: its words and lines. It is gone through once, whatever stands in it. */
export function plainOf(html: string): string {
  const kept: string[] = [];
  const within: string[] = [];
  for (let at = 0; at < html.length; ) {
    const opens = html.indexOf('<', at);
    const end = opens < 0 ? html.length : opens;
    if (within.length === 0) kept.push(html.slice(at, end).replaceAll(/\s+/g, ' '));
    if (opens < 0) break;
    const isComment = html.startsWith('<!--', opens);
    const closes = html.indexOf(isComment ? '-->' : '>', opens);
    // What is not ended is nothing.
    if (closes < 0) break;
    const [name = ''] = /^\/?[a-z][a-z0-9]*/i.exec(html.slice(opens + 1, opens + 17)) ?? [];
    take(name.toLowerCase(), within, kept);
    at = closes + (isComment ? 3 : 1);
  }
  return kept
    .join('')
    .replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/gi, charOf)
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}

function take(tag: string, within: string[], kept: string[]): void {
  if (tag.startsWith('/') && within.at(-1) === tag.slice(1)) within.pop();
  // In a script or a style nothing else begins.
  else if (unseen.has(tag) && (within.length === 0 || within.at(-1) === tag)) within.push(tag);
  else if (within.length === 0 && breaks.has(tag)) kept.push('\n');
}

function charOf(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return named[name.toLowerCase()] ?? whole;
  const code = Number.parseInt(decimal ?? hex ?? '', decimal === undefined ? 16 : 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
