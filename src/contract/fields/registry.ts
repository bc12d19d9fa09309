/** Every field, in the order of the sections. */
import { environmentFields } from './environment.ts';
import type { FieldSpec } from './field.ts';

export const fieldRegistry: readonly FieldSpec[] = [...environmentFields];

const byId = new Map(fieldRegistry.map((field) => [field.id, field]));

export function fieldOf(id: string): FieldSpec | null {
  return byId.get(id) ?? null;
}
