/** Which refused ranges a tenant's rules may open at all: addresses of the machine and its network are its owner's to give. */
import { HoldfastError, type NetworkPolicy } from '../../schema/index.ts';
import { contains, parseRange } from './ip.ts';

/**
 * @param openable ranges that the owner gave, as CIDR
 * @throws HoldfastError `forbidden`, naming each address that lies in none of them
 */
export function refuseOpenings(policy: NetworkPolicy, openable: readonly string[]): void {
  const given = openable.map(parseRange).filter((range) => range !== null);
  const wanted = policy.allow.flatMap(({ addresses = [] }) => addresses);
  const refused = wanted.filter((text) => {
    const range = parseRange(text);
    return range === null || !given.some((each) => each.prefix <= range.prefix && contains(each, range));
  });
  if (refused.length === 0) return;
  const shown = [...new Set(refused)].slice(0, 8).join(', ');
  throw new HoldfastError('forbidden', `rules of this tenant may not open ${shown}`, {
    hint: 'They are addresses of the machine or of its network; its owner gives them: holdfast serve --open-addresses',
    details: { addresses: [...new Set(refused)].slice(0, 64) },
  });
}
