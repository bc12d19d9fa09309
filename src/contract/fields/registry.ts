/** Every field, in the order of the sections. */
import { environmentFields } from './environment.ts';
import { execFields } from './exec.ts';
import { failureFields } from './failures.ts';
import type { FieldSpec } from './field.ts';
import { filesystemFields } from './filesystem.ts';
import { identityFields } from './identity.ts';
import { lifecycleFields } from './lifecycle.ts';
import { networkFields } from './network.ts';
import { resourceFields } from './resources.ts';
import { shellFields } from './shell.ts';
import { userlandFields } from './userland.ts';

export const fieldRegistry: readonly FieldSpec[] = [
  ...identityFields,
  ...shellFields,
  ...userlandFields,
  ...environmentFields,
  ...execFields,
  ...failureFields,
  ...filesystemFields,
  ...networkFields,
  ...resourceFields,
  ...lifecycleFields,
];

const places = new Map(fieldRegistry.map(({ id }, at) => [id, at]));

/** Of a field, or of a message of it, in the order of the registry; of anything else behind all of them. */
export function placeOf(what: string): number {
  return places.get(what.replace(/^messages\./, '')) ?? fieldRegistry.length;
}

const byId = new Map(fieldRegistry.map((field) => [field.id, field]));

export function fieldOf(id: string): FieldSpec | null {
  return byId.get(id) ?? null;
}
