/** The last stage: the effect itself. Whatever it throws becomes the call's outcome, for the stages before to see. */
import type { Clock } from '../../base/index.ts';
import { asHoldfastError } from '../../schema/index.ts';
import type { Stage } from '../types.ts';

export function execute(clock: Clock): Stage {
  return async (call) => {
    const startedMs = clock.monotonicMs();
    const took = (): { callId: string; durationMs: number } => ({
      callId: call.callId,
      durationMs: clock.monotonicMs() - startedMs,
    });
    try {
      const run = call.prepare();
      call.scope?.throwIfEnded();
      call.started = true;
      const value = await run();
      return { ...took(), ok: true, value };
    } catch (error) {
      return { ...took(), ok: false, error: asHoldfastError(error) };
    }
  };
}
