/**
 * The probe programs of `programs/`, each behind the prelude, with a mark that nothing in a runtime can know beforehand.
 * A program announces its fields in its head: `# answers: id id ...`.
 */
import { readFile } from '../../base/index.ts';

const names = [
  // First, because it must find the place and the streams as they are.
  'exec-inside',
  'identity',
  'shell',
  'environment',
  'userland-made',
  'userland-habits',
  'userland-languages',
  'failures',
  'filesystem-kinds',
  'filesystem-habits',
  'network',
  'clock',
  'resources',
  'lifecycle',
] as const;

export interface Program {
  name: string;
  /** What it answers. */
  fields: readonly string[];
  text: string;
}

export interface Programs {
  prelude: string;
  programs: readonly Program[];
}

export async function loadPrograms(): Promise<Programs> {
  const [prelude = '', ...texts] = await Promise.all(['prelude', ...names].map(read));
  const programs = names.map((name, at) => ({ name, text: texts[at] ?? '', fields: announced(texts[at] ?? '') }));
  return { prelude, programs };
}

/** The script to run. It is read whole before it begins, so that what it starts cannot eat the rest of it from stdin. */
export function scriptOf({ prelude }: Programs, { name, text }: Program, mark: string): string {
  const stdin = name === 'exec-inside' ? '' : ' </dev/null';
  return `{\nMARK=${mark}\n${withoutComments(prelude)}\n${withoutComments(text)}\nleave\n}${stdin}\n`;
}

/** Whole lines of comment say nothing to a shell, and scripts have a longest size in some runtimes. */
function withoutComments(text: string): string {
  return text.replace(/^\s*#.*\n/gm, '');
}

function announced(text: string): string[] {
  return [...text.matchAll(/^# answers: (.*)$/gm)].flatMap(([, ids = '']) => ids.split(' '));
}

async function read(name: string): Promise<string> {
  return (await readFile(new URL(`programs/${name}.sh`, import.meta.url))).toString('utf8');
}
