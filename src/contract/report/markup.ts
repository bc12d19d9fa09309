/** HTML in pieces: text is escaped unless it says that it is markup. */

/** Markup that is safe to put into a page. */
export interface Markup {
  readonly markup: string;
}

type Piece = string | number | Markup | readonly Piece[];

/** Everything that is put in is escaped, except what `html` itself or `trusted` made. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: strings.map((text, at) => text + written(pieces[at] ?? '')).join('') };
}

/** Markup of our own making, such as a plot. */
export function trusted(markup: string): Markup {
  return { markup };
}

function written(piece: Piece): string {
  if (typeof piece === 'string') return escaped(piece);
  if (typeof piece === 'number') return String(piece);
  if ('markup' in piece) return piece.markup;
  return piece.map(written).join('');
}

/** For HTML and XML, as text and within double quotes; what XML cannot hold becomes U+FFFD. */
export function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML cannot hold.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
  );
}

/** A page that needs nothing else: no script, no request. */
export function page(title: string, body: Markup): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body><main>
${body.markup}
</main></body>
</html>
`;
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --dim: #5d6878; --line: #d5dbe3; --paper: #fff; --first: #2f6fb3; --second: #c8641b; --bad: #b3261e; --ok: #2c7a4b; --soft: #f4f6f9 }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --dim: #9aa6b6; --line: #38424f; --paper: #14181e; --first: #6fa8e6; --second: #eb9552; --bad: #f2867e; --ok: #74c795; --soft: #1c222b } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem }
p { margin: .3rem 0 .7rem } .dim { color: var(--dim) } code, .mono { font-family: ui-monospace, monospace; font-size: .88em; overflow-wrap: anywhere }
.verdict { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; margin: 1.2rem 0; padding: 1rem 1.2rem; border: 1px solid var(--line); border-radius: 10px; background: var(--soft) }
.grade { font-size: 2.8rem; font-weight: 700; line-height: 1; min-width: 3.4rem; text-align: center } .verdict > div:last-child { flex: 1 1 24rem }
.first { color: var(--first) } .second { color: var(--second) }
table { border-collapse: collapse; width: 100%; font-size: .9rem } th { text-align: left; font-weight: 600; color: var(--dim); border-bottom: 1px solid var(--line) }
th, td { padding: .35rem .6rem .35rem 0; vertical-align: top } td { border-bottom: 1px solid var(--line) } td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.wide { overflow-x: auto } td.name { min-width: 12rem } td.words { min-width: 14rem } .tag { display: inline-block; padding: 0 .45rem; border-radius: 99px; border: 1px solid var(--line); font-size: .75rem; font-weight: 600; white-space: nowrap }
.major, .fail, .flaky { color: var(--bad); border-color: currentColor } .pass { color: var(--ok); border-color: currentColor }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; padding: .5rem .8rem } summary { cursor: pointer; font-weight: 600 } summary .dim { font-weight: 400 }
.plot { width: 100%; max-width: 40rem; height: auto; display: block } .plot .t { font: 10px system-ui, sans-serif; fill: var(--dim) } .plot .mid { text-anchor: middle } .plot .end { text-anchor: end }
.plot .axis { stroke: var(--line) } .plot .s0 { fill: var(--first); fill-opacity: .55 } .plot .s1 { fill: var(--second); fill-opacity: .55 } .plot .m0 { stroke: var(--first); stroke-width: 2 } .plot .m1 { stroke: var(--second); stroke-width: 2 } .plot .thin { stroke-width: 1 }
.plot .gA { fill: #74c79588 } .plot .gB { fill: #b6d36a88 } .plot .gC { fill: #f0c05a88 } .plot .gD { fill: #f2867e88 } .plot .interval { stroke: var(--ink); stroke-width: 4; stroke-opacity: .45 } .plot .score { fill: var(--ink) }
@media print { details { break-inside: avoid } body { font-size: 12px } }
`;
