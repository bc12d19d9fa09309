/**
 * Work that goes to other agents: `delegate` gives a task and gets a result, `handoff` gives the conversation away.
 *
 * 1. A session below carries the chain of the one above, one link longer: the same person and tenant, less authority.
 * 2. It sees its task, and of the conversation no more than the one above declares (`passes`): nothing where nothing is said. For
 *    whoever gets the conversation itself it has to be said; all where that is not so, in agents of before this was so.
 * 3. Its limits are its own and all those above: nothing is used that they do not have left. Whoever gets the conversation has
 *    its own limits from then on, out of what is left: the session's become that.
 * 4. A session below begins untrusted when the conversation above is: its task may come from what nobody vouches for.
 * 5. A failure below is a result above, with what failed and where.
 * 6. A program pays a step for each, as for every call: a model has paid one to ask for it.
 */
import { HoldfastError } from '../schema/index.ts';
import type { HoldAmounts } from '../state/index.ts';
import { extendChain } from './authority/chain.ts';
import { linkOf } from './authority/link.ts';
import { toLeaveOut } from './compaction.ts';
import { fields, type OpenCall, saidInTurns } from './conversation.ts';
import { agentOf, digestOf, passedTo } from './manifest.ts';
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
  const turns = passedTo(manifest, target.name) ?? 0;
  const said = turns === 0 ? '' : saidInTurns(turn.conversation, turns);
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
        ...(said === '' ? {} : { said }),
        task: true,
        untrusted: turn.conversation.untrusted,
        ...(turn.conversation.via === null ? {} : { via: turn.conversation.via }),
        chain: extendChain(chain, link),
        from: { session: context.session.id, call: call.id },
        ...(turn.delegation ? { delegation: turn.delegation } : {}),
      },
    },
    { callId: call.id, to: target.name, task, ...(turns === 0 ? {} : { turns }) },
    priceOf(turn),
  );
  return 'done';
}

export function doHandOff(turn: Turn, call: OpenCall): 'done' {
  const { context, bundle, manifest, chain, runs } = turn;
  const { to, reason } = fields(call.input);
  const target = agentOf(bundle, allowed(to, manifest.handoffs, manifest.name));
  const turns = passedTo(manifest, target.name) ?? 'all';
  const facts = {
    callId: call.id,
    from: manifest.name,
    to: target.name,
    reason: String(reason ?? ''),
    messages: toLeaveOut(turn.conversation, turns),
  };
  // Refused here, where that is a result, when it can get no longer.
  extendChain(chain, linkOf(target));
  context.handOff(facts, target.limits, priceOf(turn));
  // Who led it until now has nothing more to say.
  runs.release(context.session.id);
  return 'done';
}

const priceOf = ({ conversation }: Turn): HoldAmounts => (conversation.run ? { steps: 1 } : {});

/** By rule: which expert a person's message goes to, without a model. Null: the model decides. */
export function routeOf({ manifest, conversation }: Turn): Record<string, unknown> | null {
  const task = conversation.queued.join('\n');
  if (task === '' || (manifest.routes.length === 0 && manifest.routeDefault === null)) return null;
  const words = new Set(task.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  const rule = manifest.routes.find((route) => route.words.some((word) => words.has(word.toLowerCase())));
  const to = rule?.to ?? manifest.routeDefault;
  return to === null ? null : { to, task, by: rule ? 'rule' : 'default', words: rule?.words ?? [] };
}

/** By default: what the model answered without having given it to anybody goes to whom the manifest names. */
export function unroutedOf({ manifest: { unroutable }, conversation }: Turn): Record<string, unknown> | null {
  if (unroutable === undefined || conversation.answer === null || conversation.givenAway) return null;
  return { to: unroutable, task: conversation.said.join('\n'), by: 'default', words: [], after: 'model' };
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
