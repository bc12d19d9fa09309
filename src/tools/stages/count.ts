/** Counts what passes, refusals of the stages after it included. */
import { asHoldfastError } from '../../schema/index.ts';
import type { Meter, Stage } from '../types.ts';

export function count(meter: Meter): Stage {
  return async (call, next) => {
    try {
      const outcome = await next();
      meter.counted(call, outcome.ok ? 'ok' : outcome.error.code);
      return outcome;
    } catch (error) {
      meter.counted(call, asHoldfastError(error).code);
      throw error;
    }
  };
}
