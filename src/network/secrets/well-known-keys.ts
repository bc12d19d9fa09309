/**
 * Words in the form of well-known keys: hardly ever anything else.
 *
 * 1. What they are replaced by does not depend on how a stream was cut.
 * 2. What may become one is held back: at most the longest there is, and only behind a beginning of its form.
 * 3. No word reaches into the marks of a private key, though dashes may be part of it: the key would be none any more.
 */

interface KeyForm {
  name: string;
  whole(text: string, by: (word: string) => string): string;
  /** The end of a text that more may follow. */
  begun: RegExp;
  longest: number;
}

const forms: readonly KeyForm[] = [
  {
    name: 'github-token',
    whole: matching(/\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g),
    begun: /\bgh[pousr]_[A-Za-z0-9]{0,255}$/,
    longest: 260,
  },
  {
    name: 'github-token',
    whole: matching(/\bgithub_pat_[A-Za-z0-9_]{60,255}\b/g),
    begun: /\bgithub_pat_[A-Za-z0-9_]{0,255}$/,
    longest: 267,
  },
  {
    name: 'openai-key',
    whole: matching(/\bsk-(?:(?!-----(?:BEGIN|END) )[A-Za-z0-9_-]){32,255}/g),
    begun: /\bsk-[A-Za-z0-9_-]{0,255}$/,
    longest: 259,
  },
  {
    name: 'aws-key-id',
    whole: matching(/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g),
    begun: /\b(?:AKIA|ASIA)[A-Z0-9]{0,16}$/,
    longest: 21,
  },
  {
    name: 'slack-token',
    whole: matching(/\bxox[abprs]-(?:(?!-----(?:BEGIN|END) )[A-Za-z0-9-]){20,255}/g),
    begun: /\bxox[abprs]-[A-Za-z0-9-]{0,255}$/,
    longest: 261,
  },
  {
    name: 'json-web-token',
    whole: matching(
      /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.(?:(?!-----(?:BEGIN|END) )[A-Za-z0-9_-]){20,2000}/g,
    ),
    begun: /\beyJ[A-Za-z0-9_.-]{0,8005}$/,
    longest: 8009,
  },
  {
    name: 'private-key',
    whole: replacePrivateKeys,
    begun: /-----BEGIN [A-Z ]{0,41}(?:-{0,5}|PRIVATE KEY-----[\s\S]{0,20050})$/,
    longest: 20_120,
  },
];
const heads = [
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'sk-', 'AKIA', 'ASIA'],
  ...['xoxa-', 'xoxb-', 'xoxp-', 'xoxr-', 'xoxs-', 'eyJ', '-----BEGIN '],
];
const longestHead = Math.max(...heads.map((head) => head.length));
/** A cheap look before seven expressions are tried. */
const hint = /gh[pousr]_|github_pat_|sk-|AKIA|ASIA|xox|eyJ|-----BEGIN/;

export type ReplaceKey = (word: string, name: string) => string;

export function replaceKeys(text: string, by: ReplaceKey): string {
  if (!hint.test(text)) return text;
  return forms.reduce((clean, { name, whole }) => whole(clean, (word) => by(word, name)), text);
}

/** The same for a text that comes in pieces. */
export class KeyStream {
  hasFound = false;
  readonly #by: ReplaceKey;
  /** The character before what is held: a word may go on from it. */
  #before = '';
  #held = '';

  constructor(by: ReplaceKey) {
    this.#by = (word, name) => {
      this.hasFound = true;
      return by(word, name);
    };
  }

  /** Of what came, and as it came. */
  get heldBytes(): number {
    return this.#held.length;
  }

  push(piece: string): string {
    const text = this.#before + this.#held + piece;
    const from = Math.max(this.#before.length, undecidedFrom(text));
    this.#held = text.slice(from);
    return this.#pass(text.slice(0, from));
  }

  end(): string {
    const text = this.#before + this.#held;
    this.#held = '';
    return this.#pass(text);
  }

  #pass(text: string): string {
    const clean = replaceKeys(text, this.#by).slice(this.#before.length);
    this.#before = text.slice(-1);
    return clean;
  }
}

/** Where the first word begins that the end cuts. */
function undecidedFrom(text: string): number {
  if (!hint.test(text)) return headFrom(text);
  // A private key is whole as soon as its end is there, and would else be a beginning still.
  const settled = privateKeys(text).at(-1)?.to ?? 0;
  const open = text.slice(settled);
  const begun = forms.map(({ begun: form, longest }) => lastFrom(open, form, longest));
  return settled + Math.min(headFrom(open), ...begun);
}

function lastFrom(text: string, form: RegExp, longest: number): number {
  const from = Math.max(0, text.length - longest);
  const at = text.slice(from).search(form);
  return at < 0 ? text.length : from + at;
}

function headFrom(text: string): number {
  for (let length = Math.min(longestHead - 1, text.length); length > 0; length--) {
    const end = text.slice(-length);
    if (heads.some((head) => head.length > length && head.startsWith(end))) return text.length - length;
  }
  return text.length;
}

function matching(form: RegExp): KeyForm['whole'] {
  return (text, by) => text.replace(form, by);
}

const keyBegin = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/g;
const keyEnd = /-----END [A-Z ]{0,30}PRIVATE KEY-----/g;
const [leastKey, mostKey] = [32, 20_000];

function replacePrivateKeys(text: string, by: (word: string) => string): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, to } of privateKeys(text)) {
    parts.push(text.slice(at, from), by(text.slice(from, to)));
    at = to;
  }
  return parts.join('') + text.slice(at);
}

/** By hand: an expression would look for the end of each beginning anew, and somebody may print beginnings only. */
function privateKeys(text: string): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let end: RegExpExecArray | null = null;
  keyBegin.lastIndex = 0;
  for (let begin = keyBegin.exec(text); begin; begin = keyBegin.exec(text)) {
    const body = keyBegin.lastIndex;
    if (end === null || end.index < body + leastKey) {
      keyEnd.lastIndex = body + leastKey;
      end = keyEnd.exec(text);
    }
    if (end === null) break;
    if (end.index > body + mostKey) continue;
    const to = end.index + end[0].length;
    found.push({ from: begin.index, to });
    keyBegin.lastIndex = to;
  }
  return found;
}
