import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAddress, readOpenedRange } from './addresses.ts';
import { formatAddress, formatIpv6, parseAddress, parseIpv6 } from './ip.ts';

const open = ['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'];
const openToo = [
  '128.0.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
];
const openSix = ['2606:4700::1111', '2a00:1450::1', '2001:4860::8888', '2003::1', '3ffe::1'];

const closed = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.0.1'],
  ...['169.254.0.1', '169.254.169.254', '169.254.170.2', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.192'],
  ...['192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1'],
  ...[
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.254',
    '255.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
  ],
  ...['::', '::1', '::2', '::127.0.0.1', '::8.8.8.8', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1'],
  ...[
    '64:ff9b::8.8.8.8',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '100::1',
    '100:0:0:1::1',
    '2001::1',
    '2001:0:1:2:3:4:5:6',
  ],
  ...['2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1', '2002:a00:1::1', '2002:808:808::1', '2620:4f:8000::1'],
  ...['3fff::1', '3fff:fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fdff::1', 'fe80::1', 'febf::1', 'fec0::1'],
  ...['feff::1', 'ff02::1', 'ffff::1', '4000::1', '1::1', '8000::1', 'e000::1'],
  ...['fe80::1%eth0', '0177.0.0.1', '127.1', '2130706433', 'example.com', '', '[::1]', '1.1.1.1 ', '1.1.1.1\0'],
];

describe('addresses', () => {
  it.each([...open, ...openToo, ...openSix])('%s may be dialled', (text) => {
    expect(checkAddress(text)).toEqual({ allowed: true });
  });

  it.each(closed)('%s may not', (text) => {
    expect(checkAddress(text)).toMatchObject({ allowed: false, what: expect.stringMatching(/./) });
  });

  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4/32', false],
    ['10.1.2.3', '192.168.0.0/16', false],
    ['127.0.0.1', '127.0.0.1/32', true],
    ['fd00::1', 'fd00::/8', true],
    ['fd00:ec2::254', 'fd00::/8', false],
    ['fd00:ec2::254', 'fd00:ec2::254/128', true],
    ['169.254.169.254', '169.254.0.0/16', false],
    ['169.254.169.254', '169.254.169.254/32', true],
    ['169.254.1.1', '169.254.0.0/16', true],
    ['100.100.100.200', '100.64.0.0/10', false],
    ['255.255.255.255', '240.0.0.0/4', false],
    ['255.255.255.255', '255.255.255.255', false],
    ['224.0.0.1', '224.0.0.0/4', false],
    ['0.0.0.0', '0.0.0.0/32', false],
    ['::', '::/128', false],
    ['::ffff:10.0.0.1', '10.0.0.0/8', false],
    ['::ffff:10.0.0.1', '::ffff:0:0/96', false],
    ['64:ff9b::8.8.8.8', '64:ff9b::/96', true],
    ['64:ff9b::10.0.0.1', '64:ff9b::/96', false],
    ['64:ff9b::169.254.169.254', '64:ff9b::/96', false],
    ['2002:808:808::1', '2002::/16', false],
    ['2002:808:808::1', '2002:808:808::1/128', true],
    ['2002:a00:1::1', '2002:a00:1::1/128', false],
  ] as const)('%s with %s opened: %s', (address, range, allowed) => {
    expect(checkAddress(address, [range]).allowed).toBe(allowed);
  });

  it('checks what a carried IPv4 address may, as if it were dialled', () => {
    expect(checkAddress('64:ff9b::10.0.0.1', ['64:ff9b::/96', '10.0.0.0/8'])).toEqual({ allowed: true });
    const hidden = formatIpv6((parseIpv6('2001:0:808:808::') ?? 0n) | (0x0a000001n ^ 0xffffffffn));
    expect(checkAddress(hidden, [`${hidden}/128`])).toMatchObject({ allowed: false, address: '10.0.0.1' });
  });

  it.each([
    ['10.0.0.0/8', true],
    ['10.1.0.0/16', true],
    ['fd00::/8', true],
    ['fc00::/7', true],
    ['169.254.169.254', true],
    ['fd00:ec2::254/128', true],
    ['10.0.0.1/8', false],
    ['10.0.0.0/33', false],
    ['10.0.0.0/08', false],
    ['0.0.0.0/0', false],
    ['::/0', false],
    ['8.8.8.8/32', false],
    ['2000::/3', false],
    ['172.0.0.0/8', false],
    ['224.0.0.0/4', false],
    ['255.255.255.255/32', false],
    ['0.0.0.0/8', false],
    ['::ffff:0:0/96', false],
    ['::ffff:10.0.0.0/104', false],
    ['2002::/16', false],
    ['private', false],
    ['10.0.0.0/8/8', false],
    ['fe80::%1/10', false],
  ])('a rule may open %s: %s', (range, ok) => {
    expect(readOpenedRange(range).ok).toBe(ok);
  });

  it('agrees with the ranges as they are spelled, for any bytes', () => {
    const near = fc.constantFrom(0x0a000000n, 0x7f000000n, 0xa9fe0000n, 0xac100000n, 0xc0a80000n, 0x64400000n);
    const edge = fc.tuple(near, fc.bigInt(-2n, 70_000n)).map(([base, by]) => base + by);
    const four = fc.oneof(fc.bigInt(0n, 2n ** 32n - 1n), edge).map((value) => ({ family: 4 as const, value }));
    const high = fc.tuple(fc.integer({ min: 0xfb, max: 0xff }), fc.bigInt(0n, 2n ** 120n - 1n));
    const upper = high.map(([byte, low]) => (BigInt(byte) << 120n) | low);
    const wide = fc.oneof(fc.bigInt(0n, 2n ** 128n - 1n), fc.bigInt(0n, 2n ** 50n), upper);
    const six = wide.map((value) => ({ family: 6 as const, value }));
    fc.assert(
      fc.property(fc.oneof(four, six), (address) => {
        const text = formatAddress(address);
        expect(parseAddress(text)).toEqual(address);
        const isRefused = address.family === 4 ? refusedFour(text) : refusedSix(text);
        if (isRefused) expect(checkAddress(text).allowed).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

function refusedFour(text: string): boolean {
  const [a = 0, b = 0] = text.split('.').map(Number);
  if ([0, 10, 127].includes(a) || a >= 224) return true;
  if (a === 100) return b >= 64 && b <= 127;
  return (a === 169 && b === 254) || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
}

function refusedSix(text: string): boolean {
  return !/^[23][0-9a-f]{3}:/.test(text) || text.startsWith('2002:');
}
