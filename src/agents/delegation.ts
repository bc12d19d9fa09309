/**
 * Work that goes to other agents: `delegate` gives a task and gets a result, `handoff` gives the conversation away.
 *
 * 1. A session below carries the chain of the one above, one link longer: the same person and tenant, less authority.
 * 2. It sees its task and nothing else of the conversation.
 * 3. Its limits are its own and all those above: nothing is used that they do not have left.
 * 4. A session below begins untrusted when the conversation above is: its task may come from what nobody vouches for.
 * 5. A failure below is a result above, with what failed and where.
 */
import { HoldfastError } from '../schema/index.ts';
import { extendChain } from './authority/chain.ts';
import { linkOf } from './authority/link.ts';
import { fields, type OpenCall } from './conversation.ts';
import { agentOf, digestOf } from './manifest.ts';
import type { Turn } from './program.ts';
import type { Wait } from './tool-step.ts';

export function doDelegate(turn: Turn, call: OpenCall): 'done' | Wait {
  const { context, bundle, manifest, chain } = turn;
  const { to, task } = fields(call.input);
  if (typeof task !== 'string' || task === '') throw wrong('delegate needs a task, as a text');
  const target = agentOf(bundle, allowed(to, manifest.delegates, manifest.name));
  if (context.left().depth < 1) {
    throw new HoldfastError('forbidden', `${manifest.name} may not delegate any deeper`, {
      hint: 'Do the work yourself, or answer that it cannot be done.',
      details: { agents: turn.authority.agents },
    });
  }
  const link = linkOf(target);
  context.delegate(
    {
      agent: target.name,
      manifest: digestOf(target),
      bundle: context.session.bundle,
      sandbox: context.session.sandbox,
      limits: target.limits,
      origin: `${context.session.id}/${call.id}`,
      input: {
        message: task,
        task: true,
        untrusted: turn.conversation.untrusted,
        ...(turn.conversation.via === null ? {} : { via: turn.conversation.via }),
        chain: extendChain(chain, link),
        from: { session: context.session.id, call: call.id },
        ...(turn.delegation ? { delegation: turn.delegation } : {}),
      },
    },
    { callId: call.id, to: target.name, task },
  );
  return 'done';
}

export function doHandOff({ context, bundle, manifest }: Turn, call: OpenCall): 'done' {
  const { to, reason } = fields(call.input);
  const target = agentOf(bundle, allowed(to, manifest.handoffs, manifest.name));
  context.note('handed-off', { callId: call.id, from: manifest.name, to: target.name, reason: String(reason ?? '') });
  return 'done';
}

/** By rule: which expert a person's message goes to, without a model. Null: the model decides. */
export function routeOf({ manifest, conversation }: Turn): Record<string, unknown> | null {
  const task = conversation.queued.join('\n');
  if (task === '' || (manifest.routes.length === 0 && manifest.routeDefault === null)) return null;
  const words = new Set(task.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  const rule = manifest.routes.find((route) => route.words.some((word) => words.has(word.toLowerCase())));
  const to = rule?.to ?? manifest.routeDefault;
  return to === null ? null : { to, task, by: rule ? 'rule' : 'default', words: rule?.words ?? [] };
}

function allowed(to: unknown, names: readonly string[], agent: string): string {
  const found = names.find((name) => name === to);
  if (found !== undefined) return found;
  throw new HoldfastError('forbidden', `${agent} may not give work to ${JSON.stringify(to)}`, {
    hint: `It may give work to ${names.join(', ') || 'nobody'}.`,
  });
}

const wrong = (message: string): HoldfastError =>
  new HoldfastError('invalid-argument', message, { hint: 'Say in it all that the other agent needs to know.' });
