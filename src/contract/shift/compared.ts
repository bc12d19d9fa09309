/** How much of what was asked could be compared: a score of little says little, and gets no grade. */
import type { Missed, Part } from './parts.ts';
import type { Compared } from './types.ts';

/** Of the weight of all that was asked. With less than half, what nobody could look at outweighs what was seen. */
const enough = 0.5;

interface Asked {
  parts: readonly Part[];
  missed: readonly Missed[];
}

export function comparedOf(fields: Asked, operations: Asked): { compared: Compared; isEnough: boolean } {
  const done = weightOf([...fields.parts, ...operations.parts]);
  const missing = weightOf([...fields.missed, ...operations.missed]);
  return {
    compared: {
      fields: fields.parts.length,
      ofFields: fields.parts.length + fields.missed.length,
      operations: operations.parts.length,
      ofOperations: operations.parts.length + operations.missed.length,
    },
    isEnough: done > 0 && done >= enough * (done + missing),
  };
}

function weightOf(all: readonly { weight: number }[]): number {
  return all.reduce((sum, { weight }) => sum + weight, 0);
}
