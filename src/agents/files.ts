/** Agents written by hand: one of them, or several with the `entry`, as YAML or JSON. */
import { parse } from 'yaml';
import { HoldfastError } from '../schema/index.ts';

const mostChars = 4 * 1024 * 1024;

/** What `parseBundle` takes. @throws HoldfastError `invalid-argument` that names the file */
export function readAgentText(text: string, file: string): unknown {
  if (text.length > mostChars)
    throw new HoldfastError('invalid-argument', `${file} is longer than ${mostChars} characters`);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw new HoldfastError('invalid-argument', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      hint: 'It is YAML or JSON; examples/agents/desk.yaml shows one.',
    });
  }
  if (typeof value !== 'object' || value === null || 'agents' in value) return value;
  return { entry: 'name' in value ? value.name : undefined, agents: [value] };
}
