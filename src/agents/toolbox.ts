/** The tools an agent is shown: those of its manifest that its authority still covers. What it may not do, it does not see. */
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import type { AgentManifest } from '../schema/index.ts';
import type { Authority } from './authority/chain.ts';
import { builtInTools, passedTo } from './manifest.ts';
import type { AgentTool } from './tools.ts';

type Schema = LanguageModelV4FunctionTool['inputSchema'];
const text = (description: string): Schema => ({ type: 'string', description });
const object = (properties: Record<string, Schema>, required = Object.keys(properties)): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

export function toolsFor(
  tools: readonly AgentTool[],
  manifest: AgentManifest,
  { capabilities }: Pick<Authority, 'capabilities'>,
): LanguageModelV4FunctionTool[] {
  const own = tools
    .filter(({ name, capability }) => manifest.tools.includes(name) && capabilities.has(capability))
    .map(({ name, description, input }): LanguageModelV4FunctionTool => {
      // Made by zod or by the door, which describe inputs as JSON Schema.
      return { type: 'function', name, description, inputSchema: input as Schema };
    });
  const builtIn = builtInTools
    .filter(({ name, capability }) => manifest.tools.includes(name) && capabilities.has(capability))
    .map(({ name }): LanguageModelV4FunctionTool => ({ type: 'function', name, ...described(name, manifest) }));
  return [...own, ...builtIn];
}

function described(name: string, manifest: AgentManifest): { description: string; inputSchema: Schema } {
  switch (name) {
    case 'delegate':
      return {
        description:
          'Gives a task to another agent, which works on it by itself and answers. Several may work at once.',
        inputSchema: object({
          to: { type: 'string', enum: manifest.delegates },
          task: text(`All it needs to know: ${seenOf(manifest)}.`),
        }),
      };
    case 'handoff':
      return {
        description: `Hands this conversation over to another agent, which goes on with ${keptOf(manifest)}.`,
        inputSchema: object({ to: { type: 'string', enum: manifest.handoffs }, reason: text('Why.') }),
      };
    case 'remember':
      return {
        description: 'Keeps a text under a key; what was kept there is replaced.',
        inputSchema: object({ slot: slotOf(manifest), key: text('Its name.'), value: text('What to keep.') }),
      };
    case 'recall':
      return {
        description: 'What was kept under a key, what was kept with certain words in it, or all of a slot.',
        inputSchema: object(
          {
            slot: slotOf(manifest),
            key: text('Its name; all without one.'),
            query: text('Instead of a key: words that stand in it; what has most of them comes first.'),
          },
          ['slot'],
        ),
      };
    case 'sleep':
      return {
        description: 'Goes on after a time.',
        inputSchema: object({ ms: { type: 'integer', minimum: 1, description: 'Milliseconds.' } }),
      };
    case 'say':
      return {
        description: 'Tells the person something, and goes on.',
        inputSchema: object({ text: text('What to say.') }),
      };
    case 'escalate':
      return {
        description: 'Asks people who may decide, not the person of this conversation, and waits for what they say.',
        inputSchema: object({ question: text('What they have to know and to decide.'), withinMs: within }),
      };
    case 'waitFor':
      return {
        description: 'Waits until something happens outside: an event of that name, with what came with it.',
        inputSchema: object({ event: text('Its name.'), withinMs: within }),
      };
    case 'now':
      return { description: 'What time it is, in milliseconds since 1970.', inputSchema: object({}) };
    case 'random':
      return { description: 'A number from 0 to 1, drawn once.', inputSchema: object({}) };
    default:
      return {
        description: 'Asks the person and waits for the answer.',
        inputSchema: object({
          question: text('What to ask.'),
          withinMs: within,
        }),
      };
  }
}

/** What whoever gets a task sees of the conversation. */
function seenOf(manifest: AgentManifest): string {
  const seen = manifest.delegates.flatMap((to) => {
    const turns = passedTo(manifest, to);
    return turns === undefined ? [] : [`${to} sees what was said ${turns === 'all' ? 'in it' : lastOf(turns)}`];
  });
  if (seen.length === 0) return 'it sees nothing of this conversation';
  const others = seen.length < manifest.delegates.length ? ', and others nothing' : '';
  return `of this conversation ${seen.join(', ')}${others}`;
}

/** What whoever gets the conversation goes on with. */
function keptOf(manifest: AgentManifest): string {
  const kept = manifest.handoffs.flatMap((to) => {
    const turns = passedTo(manifest, to) ?? 'all';
    return turns === 'all' ? [] : [`${to} with what was said and done ${lastOf(turns)}`];
  });
  return kept.length === 0 ? 'it' : `it: ${kept.join(', ')}`;
}

const lastOf = (turns: number): string => (turns === 1 ? 'in its last turn' : `in its last ${turns} turns`);

const within: Schema = { type: 'integer', minimum: 1000, description: 'How long it is waited for, in milliseconds.' };

const slotOf = (manifest: AgentManifest): Schema => ({ type: 'string', enum: Object.keys(manifest.memory) });
