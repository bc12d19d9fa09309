/** Ceilings of tenants as a file, for whoever runs a daemon for several. */
import { resolve } from 'node:path';
import { closest } from '../base/suggest.ts';
import { HoldfastError } from '../schema/error-class.ts';
import type { Quotas } from '../schema/index.ts';
import { type Place, textOf } from './contract-files.ts';

/**
 * @param tenants those that there are: a ceiling for another one is a typo, and would hold nobody
 * @throws HoldfastError `invalid-argument` with the line of what is wrong
 */
export async function loadQuotas(
  name: string,
  { directory }: Place,
  tenants: readonly string[],
): Promise<(tenant: string) => Quotas> {
  const { readSource } = await import('../contract/index.ts');
  const { quotaFileSchema } = await import('../schema/index.ts');
  const hint =
    'Give `default` and `tenants`, each with sandboxes, memoryBytes, cpus, diskBytes, snapshots, snapshotBytes, keptBytes, sessionBytes.';
  const text = await textOf(resolve(directory, name), name, hint);
  const { value, lineOf } = readSource({ text, file: name, schema: quotaFileSchema, what: 'a file of quotas', hint });
  for (const tenant of Object.keys(value.tenants ?? {})) {
    if (tenants.includes(tenant)) continue;
    const near = closest(tenant, tenants);
    throw new HoldfastError(
      'invalid-argument',
      `${name}:${lineOf(['tenants', tenant])}: no key is of a tenant ${JSON.stringify(tenant)}`,
      { hint: near ? `Did you mean ${near}?` : `There are ${tenants.join(', ')}.` },
    );
  }
  const own = new Map(Object.entries(value.tenants ?? {}));
  return (tenant) => ({ ...value.default, ...own.get(tenant) });
}
