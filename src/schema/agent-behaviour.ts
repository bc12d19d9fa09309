/** What an agent does when no model leads it: a program, or a flow of steps; and for whom and where it may work at all. */
import { z } from 'zod';

const stepName = z.string().regex(/^[a-z][a-zA-Z0-9-]{0,62}$/, 'a lower-case letter, then letters, digits and hyphens');
const toolName = z.string().regex(/^[a-z][a-zA-Z0-9_-]{0,63}$/, 'a letter, then letters, digits, - and _');

const condition = z
  .strictObject({
    /** `{{step}}` or `{{step.field}}`: what it stands for is compared. */
    value: z.string().min(1).max(4096),
    is: z.json().optional(),
    isNot: z.json().optional(),
  })
  .refine(({ is, isNot }) => (is === undefined) !== (isNot === undefined), 'it has one of is, isNot');

const flowStepSchema = z
  .strictObject({
    name: stepName,
    /** A tool, with its input: the same each time. */
    call: toolName.optional(),
    input: z.json().optional(),
    /** What the agent's model is asked. */
    think: z.string().min(1).max(65_536).optional(),
    /** Else it is left out, and its value is null. */
    when: condition.optional(),
    /** A failure is its value, `{ error }`, instead of the end. */
    goOn: z.boolean().optional(),
  })
  .refine(({ call, think }) => (call === undefined) !== (think === undefined), 'a step has one of call, think')
  .refine(({ call, input }) => call !== undefined || input === undefined, 'only a call has an input');
export type FlowStep = z.infer<typeof flowStepSchema>;

/** Steps in their order. `{{input}}` is the message, `{{name}}` the value of an earlier step, `{{name.field}}` a part of it. */
export const flowSchema = z.strictObject({
  steps: z.array(flowStepSchema).min(1).max(256),
  answer: z.string().max(65_536),
});
export type FlowFacts = z.infer<typeof flowSchema>;

/** JavaScript whose `exports.default` has `run(ctx, message)`; as `agents check` makes it of TypeScript. */
export const programSchema = z.strictObject({ code: z.string().min(1).max(131_072) });

const claimText = z.string().min(1).max(256);
/** What must be known of the person that it works for, when a session starts. */
export const personTermsSchema = z.strictObject({
  /** Not the owner's own name, which says nothing of who asks. */
  named: z.boolean().optional(),
  /** What whoever vouches for people must say of them, word for word. */
  claims: z.record(z.string().regex(/^[a-z][a-zA-Z0-9_-]{0,62}$/), claimText).optional(),
});
export type PersonTerms = z.infer<typeof personTermsSchema>;

/** The runtime contract that its sandbox must be held to, e.g. `coding-agent/1.0.0`. */
export const heldContractSchema: z.ZodString = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}\/\d+\.\d+\.\d+$/, 'a contract with its version, such as coding-agent/1.0.0');
