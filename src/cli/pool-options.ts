/** What `serve --pool` takes: how many wait, of which template, and how far apart from the machine. */
import { HoldfastError } from '../schema/error-class.ts';
import { type Isolation, isolations } from '../schema/isolation.ts';
import { chosen } from './values.ts';

export const poolValue = '[TEMPLATE[@ISOLATION]=]N';

interface AskedPool {
  template: string;
  size: number;
  isolation?: Isolation;
}

/** @throws HoldfastError `invalid-argument` */
export function poolOf(text: string): AskedPool {
  const [, template = 'host', isolation, size] = /^(?:([^=@]+)(?:@([^=@]+))?=)?(\d+)$/.exec(text) ?? [];
  if (size === undefined) {
    throw new HoldfastError('invalid-argument', `--pool does not take "${text}"`, {
      hint: 'It takes a whole number, or a template and one, or an isolation too, e.g. 8, debian=4 or debian@microvm=4.',
      details: { flag: '--pool', value: text },
    });
  }
  const pool = { template, size: Number(size) };
  return isolation === undefined ? pool : { ...pool, isolation: chosen('--pool', isolation, isolations) };
}
