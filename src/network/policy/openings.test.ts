import { expect, it } from 'vitest';
import { networkPolicySchema } from '../../schema/index.ts';
import { refuseOpenings } from './openings.ts';

const opening = (...addresses: string[]) =>
  networkPolicySchema.parse({ allow: [{ host: 'db.example.com', addresses }, { host: 'b.example.com' }] });

it('lets a tenant open what its machine’s owner gave, and parts of that', () => {
  expect(() => refuseOpenings(networkPolicySchema.parse({ allow: [{ host: 'a.example.com' }] }), [])).not.toThrow();
  for (const inside of ['10.20.0.0/16', '10.20.3.4/32', '10.20.3.4', '10.20.128.0/17']) {
    expect(() => refuseOpenings(opening(inside), ['fd00::/8', '10.20.0.0/16'])).not.toThrow();
  }
});

it.each(['127.0.0.1', '169.254.169.254', '10.0.0.0/8', '10.21.0.0/16', '::1', 'fd00:ec2::254', 'nonsense'])(
  'refuses %s otherwise',
  (address) => {
    expect(() => refuseOpenings(opening('10.20.0.1', address), ['10.20.0.0/16'])).toThrow(/may not open/);
    expect(() => refuseOpenings(opening(address), [])).toThrow(/may not open/);
  },
);
