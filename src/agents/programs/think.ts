/** What a program or a flow asks its agent's own model: one question without tools, one answer, one step. */
import { HoldfastError } from '../../schema/index.ts';
import type { Draft } from '../../sessions/index.ts';
import { fields, type OpenCall } from '../conversation.ts';
import { ask, type Question, worstCase } from '../models/ask.ts';
import { absenceOf } from '../patience.ts';
import type { Turn } from '../program.ts';
import type { Wait } from '../tool-step.ts';

/** What a program asks is for the program: nobody is told of it as it comes. */
const unheard: Draft = { add: () => undefined, withdraw: () => undefined };
const longestThoughtMs = 10 * 60_000;
const mostPromptChars = 65_536;

export async function doThink({ parts, context, manifest }: Turn, call: OpenCall): Promise<'done' | Wait> {
  const { prompt } = fields(call.input);
  if (typeof prompt !== 'string' || prompt === '' || prompt.length > mostPromptChars) {
    throw new HoldfastError('invalid-argument', `prompt is not a text of 1 to ${mostPromptChars} characters`, {
      hint: 'Give what the model is to answer.',
    });
  }
  const told = { callId: call.id, tool: call.tool, untrusted: false };
  const absence = absenceOf(context, manifest, call.id);
  if (absence && 'event' in absence) return absence;
  if (absence) {
    context.note('outcome', { name: 'tool', ...told, ok: false, error: absence.over });
    return 'done';
  }
  const question: Question = {
    prompt: [
      { role: 'system', content: manifest.instructions },
      { role: 'user', content: [{ type: 'text', text: prompt }] },
    ],
    tools: [],
  };
  await context.step({
    name: 'tool',
    request: { callId: call.id, tool: call.tool, input: call.input },
    hold: { steps: 1, ...worstCase(manifest, question) },
    timeoutMs: longestThoughtMs,
    perform: async (_key, scope, { holdMore }) => {
      const startedMs = parts.clock.monotonicMs();
      const { answer, model, used } = await ask(parts, manifest, question, { scope, draft: unheard, holdMore });
      const { sandbox } = context.session;
      const durationMs = parts.clock.monotonicMs() - startedMs;
      if (sandbox !== null) parts.heard?.(sandbox, { question, answer, model, durationMs });
      const result = answer.ok
        ? { ok: true, output: { text: textOf(answer.content) }, model: answer.model, usage: answer.usage }
        : { ...answer, tried: undefined };
      return {
        data: { ...told, ...result },
        ...(used === undefined ? {} : { used }),
      };
    },
  });
  return 'done';
}

function textOf(content: readonly { type: string; text?: string }[]): string {
  return content.flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : [])).join('\n');
}
