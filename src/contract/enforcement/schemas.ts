/** A call and its answer against what the contract says of the tool. The tool's own schema is checked by the tool. */
import { HoldfastError } from '../../schema/index.ts';
import type { ToolTerm } from '../document/terms.ts';

export function checkArguments(tool: string, { arguments: known, closed }: ToolTerm, input: unknown): void {
  const given = fieldsOf(input);
  if (given === null) throw refused(tool, 'the input is no object');
  for (const name in known) {
    if (known[name] === 'required' && given[name] === undefined) throw refused(tool, `${name} is missing`);
  }
  if (!closed) return;
  for (const name in given) {
    if (known[name] === undefined) throw refused(tool, `there is no argument ${name}`);
  }
}

export function checkAnswer(tool: string, { answers, values }: ToolTerm, answer: unknown): void {
  const given = fieldsOf(answer);
  if (given === null) return;
  for (const name of answers) {
    if (!isThere(name, given, values)) throw strange(tool, `${name} is missing in its answer`);
  }
  for (const name in values) {
    const value = given[name];
    if (typeof value === 'string' && !values[name]?.includes(value))
      throw strange(tool, `${name} is ${JSON.stringify(value.slice(0, 100))}`);
  }
}

/** `read.content` is asked of an answer in which some field says `read`. */
function isThere(name: string, given: Record<string, unknown>, values: ToolTerm['values']): boolean {
  const [shape = '', field] = name.split('.');
  if (field === undefined) return name in given;
  for (const teller in values) if (given[teller] === shape) return field in given;
  return true;
}

function fieldsOf(value: unknown): Record<string, unknown> | null {
  // An object's fields can be asked by name.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

function refused(tool: string, problem: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${tool}: ${problem}`, {
    hint: 'The contract says what the tool takes.',
  });
}

function strange(tool: string, problem: string): HoldfastError {
  return new HoldfastError('unclassified', `${tool}: ${problem}, which the contract does not know`, {
    hint: 'The call was executed. Add what it answered to the contract, or mend the tool.',
    details: { tool, problem },
  });
}
