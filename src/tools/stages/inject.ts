/**
 * Lets a call meet what its sandbox's fault plan has for it. Only sandboxes with a plan come here at all.
 *
 * 1. What the agent reads is what it would read of the real failure: no fault, no id and no mark of the plan. What was
 *    injected stands in the outcome for the stages before, which write it down.
 * 2. A synthetic error answers in the call's place: nothing was begun. A lost acknowledgement comes after the work.
 * 3. What is drawn is written down before the call goes on, and the call goes on at most twice (`tool.duplicate`).
 * 4. Once faults are stopped nothing more comes in a call that is under way: it answers what it would have.
 */
import { type Clock, type IdMaker, rootScope } from '../../base/index.ts';
import { handOf, type Noise, type Turn } from '../../noise/index.ts';
import type { FaultKind, HoldfastError } from '../../schema/index.ts';
import { emptied, shortened } from '../faults/answers.ts';
import { errorOf } from '../faults/errors.ts';
import { withFileFaults } from '../faults/file-access.ts';
import { type Happening, underFaults } from '../faults/programs.ts';
import { plain } from '../summary.ts';
import type { Call, Outcome, Stage } from '../types.ts';

interface InjectParts {
  clock: Clock;
  newId: IdMaker;
}

export function inject(noise: Noise, parts: InjectParts): Stage {
  return async (call, next) => {
    const { sandbox, callId, name } = call;
    const asked = { sandbox, callId, name, isTool: call.kind === 'tool', input: plain(call.input) };
    await using scope = call.scope
      ? call.scope.child({ name: 'inject' })
      : rootScope({ name: 'inject', clock: parts.clock });
    const turn = await noise.turn(asked, scope);
    if (!turn) return next();
    try {
      const outcome = await met(turn, call, next, parts);
      if (outcome.ok && !turn.fault) turn.keep(outcome.value);
      return turn.ids.length === 0 ? outcome : { ...outcome, injected: { faults: turn.ids, isCause: isCause(turn) } };
    } finally {
      await noise.settle(sandbox, name === 'start-process');
    }
  };
}

async function met(turn: Turn, call: Call, next: () => Promise<Outcome>, parts: InjectParts): Promise<Outcome> {
  const { clock } = parts;
  const startedMs = clock.monotonicMs();
  if (call.access) {
    const programs = { ...parts, later: turn.later, mayCome: turn.mayCome };
    call.access = withFileFaults(underFaults(call.access, happenings(turn), programs), happenings(turn), programs);
  }
  const fault = turn.fault?.fault;
  if (!fault) return next();
  if (fault.kind === 'lifecycle.cold-start')
    await clock.sleep(Number(turn.fault?.label.parameters['delayMs']), call.scope?.signal);
  const error = errorOf(fault, call.name);
  const answered = (outcome: Outcome): Outcome => ({ ...outcome, durationMs: clock.monotonicMs() - startedMs });
  const failed = (why: HoldfastError): Outcome =>
    answered({ callId: call.callId, durationMs: 0, ok: false, error: why });
  if (error && !afterwards.has(fault.kind)) return failed(error);
  const outcome = await next();
  if (!afterwards.has(fault.kind) || !turn.mayCome()) return outcome;
  if (error) return failed(error);
  if (!outcome.ok) return outcome;
  if (fault.kind === 'tool.duplicate') {
    await next();
    return answered(outcome);
  }
  if (fault.kind === 'tool.empty') return { ...outcome, value: emptied(outcome.value) };
  if (fault.kind === 'tool.partial') return { ...outcome, value: shortened(outcome.value, fault.fraction) };
  return fault.kind === 'tool.stale' ? { ...outcome, value: turn.earlier } : outcome;
}

/** Those that come when the work is done. */
const afterwards: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'tool.lost-acknowledgement',
  'tool.duplicate',
  'tool.empty',
  'tool.partial',
  'tool.stale',
]);

function happenings({ fault, lasting, held }: Turn): Happening[] {
  const drawn =
    fault && !held.has(fault.fault.id)
      ? [{ fault: fault.fault, parameters: fault.label.parameters, key: fault.label.draw }]
      : [];
  const others = lasting.filter(({ id }) => !held.has(id));
  return [...drawn, ...others.map((one) => ({ fault: one, parameters: {}, key: one.id }))];
}

const isCause = ({ fault, lasting }: Turn): boolean =>
  [...(fault ? [fault.fault] : []), ...lasting].some(({ kind }) => handOf(kind) === 'harms');
