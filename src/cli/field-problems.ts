/** What the API says of its fields, said of the flags and words that a person typed. */
import { HoldfastError } from '../schema/error-class.ts';
import type { InputIssue } from '../schema/index.ts';
import { type Command, flagOf } from './command.ts';
import { formatBytes, formatDuration } from './output.ts';

/** The same error, unless it is about a field that one of the verb's flags or words stands for. */
export function inWordsOf(command: Command, error: HoldfastError): HoldfastError {
  if (error.code !== 'invalid-argument') return error;
  const { issues, argument } = error.details ?? {};
  if (typeof argument === 'string') return ofFlag(command, error, argument);
  if (!Array.isArray(issues)) return error;
  const said = issues.filter(isIssue).map((issue) => sentenceOf(command, issue, error.details?.['where']));
  const known = said.filter((sentence) => sentence !== null);
  if (known.length === 0 || known.length < said.length) return error;
  return new HoldfastError('invalid-argument', known.join('; '), {
    hint: `See \`holdfast ${command.name} --help\`.`,
    ...(error.details ? { details: error.details } : {}),
  });
}

/** What begins with the name of what was asked for, as a create spells it. */
function ofFlag(command: Command, error: HoldfastError, argument: string): HoldfastError {
  const [word] = argument.split('.').flatMap((part) => wordFor(command, part) ?? []);
  if (word === undefined || !error.message.startsWith(`${argument} `)) return error;
  const message = `${word}${error.message.slice(argument.length)}`;
  return new HoldfastError(error.code, message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.details ? { details: error.details } : {}),
    cause: error,
  });
}

function isIssue(value: unknown): value is InputIssue {
  return typeof value === 'object' && value !== null && 'path' in value && typeof value.path === 'string';
}

function sentenceOf(command: Command, { path, message, value }: InputIssue, where: unknown): string | null {
  const named = (path === '' ? String(where) : path)
    .split('.')
    .reverse()
    .map((part) => [part, wordFor(command, part)] as const);
  const [field, word] = named.find(([, found]) => found !== null) ?? [];
  if (field === undefined || !word) return null;
  const given =
    value === undefined ? '' : `, not ${typeof value === 'number' ? amount(field, value) : JSON.stringify(value)}`;
  return `${word} ${ruleOf(field, message)}${given}`;
}

/** `limits.memoryBytes` is `--memory`: units end a field's name and not a flag's. */
function wordFor(command: Command, field: string): string | null {
  const name = (
    { environment: 'env', idempotencyKey: 'key', argv: 'command', expiresInMs: 'expires' } as Record<string, string>
  )[field];
  const plain = name ?? field.replace(/(Bytes|Ms)$/, '');
  if (plain in command.options) return flagOf(plain);
  return plain in command.arguments ? `<${plain}>` : null;
}

function ruleOf(field: string, message: string): string {
  const [, most, bound] = /^(must be (?:at least|at most|more than|less than)) ([\d.]+)$/.exec(message) ?? [];
  if (bound !== undefined) return `${most} ${amount(field, Number(bound))}`;
  if (/^(must|takes|is missing)\b/.test(message)) return message;
  if (message === 'Invalid key in record') return 'takes a NAME of letters, digits and _ before the =';
  return `does not fit: ${message}`;
}

function amount(field: string, value: number): string {
  if (field.endsWith('Bytes')) return formatBytes(value);
  return field.endsWith('Ms') ? formatDuration(value) : String(value);
}
