import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { createAuthority } from './authority.ts';
import { caBundle, javaTruststore } from './trust.ts';

let [machine, company, own] = ['', '', ''];
beforeAll(async () => {
  const make = async (name: string): Promise<string> =>
    (await createAuthority(name, { clock: systemClock })).pem.certificate;
  [machine, company, own] = await Promise.all([make('machine'), make('company'), make('own')]);
});

/** Names of those in it, in their order. */
const subjects = (bundle: string): unknown[] =>
  (bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block).toLegacyObject().subject.CN,
  );
const block = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`;

describe('what a template trusts', () => {
  it('is trusted besides, once, whatever its lines look like', () => {
    const wide = company.replace(/([^-\n])\n([^-])/g, '$1$2').replaceAll('\n', '\r\n');
    const theirs = `# theirs\n${machine}${wide}`;
    const whole = subjects(caBundle(machine, own, [theirs, company]));
    expect(whole).toHaveLength(3);
    expect(whole).toEqual([machine, company, own].flatMap(subjects));
    expect(subjects(caBundle('', own, [theirs]))).toEqual([machine, company, own].flatMap(subjects));
  });

  it('is nothing that is no certificate, and makes no key store unreadable', () => {
    const half = Buffer.from(company.replace(/-----[A-Z ]+-----/g, ''), 'base64').subarray(0, -1);
    const bundle = caBundle(machine, own, [block(half), block(Buffer.alloc(300)), block(Buffer.from('x')), 'no PEM']);
    expect(bundle).toBe(`${machine}${own}`);
    expect(javaTruststore(bundle, 0).readUInt32BE(8)).toBe(2);
  });

  it('is of a size that fits, the last of it', () => {
    const made = Array.from({ length: 200 }, (_, index) => {
      const der = Buffer.alloc(1004, index);
      der.writeUInt32BE(0x308203e8);
      return block(der);
    });
    const bundle = caBundle(machine, own, [`${made.join('')}${company}`]);
    expect(bundle.length).toBeLessThan(machine.length + own.length + 128 * 1024);
    expect(bundle).toContain(company.trim());
    expect(bundle.length).toBeGreaterThan(100 * 1024);
  });
});
