/** Makes a tool of its facts: input checked on the way in, output on the way out, both described as JSON Schema. */
import { z } from 'zod';
import { HoldfastError, parseInput, type ToolDescription } from '../schema/index.ts';
import type { Tool, ToolContext } from './types.ts';

export interface ToolFacts<Input extends z.ZodType, Output extends z.ZodType> {
  name: string;
  /** For whoever chooses a tool: what it does, and what to know before using it. */
  description: string;
  /** Its JSON Schema is one object without alternatives at the top: what every model provider accepts. */
  input: Input;
  output: Output;
  risk: ToolDescription['risk'];
  idempotent: boolean;
  timing: ToolDescription['timing'];
  run(input: z.output<Input>, context: ToolContext): Promise<z.input<Output>>;
}

export function defineTool<Input extends z.ZodType, Output extends z.ZodType>(facts: ToolFacts<Input, Output>): Tool {
  const { name, input, output } = facts;
  let described: ToolDescription | null = null;
  return {
    name,
    describe: () => {
      described ??= {
        name,
        description: facts.description,
        input: z.toJSONSchema(input, { io: 'input' }),
        output: z.toJSONSchema(output),
        risk: facts.risk,
        idempotent: facts.idempotent,
        timing: facts.timing,
      };
      return structuredClone(described);
    },
    prepare: (given) => {
      const accepted = parseInput(input, given, name);
      return async (context) => checkOutput(name, output, await facts.run(accepted, context));
    },
  };
}

function checkOutput(name: string, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HoldfastError('internal', `${name} answered what its schema does not allow`, {
    cause: parsed.error,
    hint: 'The call was executed. This is a bug in Holdfast; please report it.',
  });
}
