import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureContext, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../base/index.ts';
import { createAuthority, openAuthority } from './authority.ts';
import { caBundle, javaPassword, javaTruststore } from './trust.ts';

const dayMs = 86_400_000;
const at = (nowMs: () => number): Clock => ({ ...systemClock, nowMs });

async function peerOf(ca: string, host: string, leaf: SecureContext): Promise<X509Certificate> {
  const server = createServer((socket) => {
    new TLSSocket(socket, { isServer: true, secureContext: leaf })
      .on('error', () => undefined)
      .on('_tlsError', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const isAddress = /^[\d.]+$/.test(host);
  const socket = connect({
    port,
    host: isAddress ? host : '127.0.0.1',
    ca,
    ...(isAddress ? {} : { servername: host }),
  });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  server.close();
  if (!certificate) throw new Error('no certificate');
  return certificate;
}

describe('the certificate authority of a sandbox', () => {
  it('makes certificates that a client trusts for the host and for nothing else', async () => {
    const authority = await createAuthority('sbx_one', { clock: systemClock });
    const leaf = await peerOf(authority.pem.certificate, 'api.example.com', await authority.leaf('api.example.com'));
    const root = new X509Certificate(authority.pem.certificate);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(root.ca).toBe(true);
    expect(leaf.subjectAltName).toBe('DNS:api.example.com');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBeLessThanOrEqual(90 * dayMs);
    expect(leaf.validToDate.getTime()).toBeLessThanOrEqual(root.validToDate.getTime());
  });

  it('names an address as an address, and a long name without a common name', async () => {
    const authority = await createAuthority('sbx_one', { clock: systemClock });
    const byAddress = await peerOf(authority.pem.certificate, '127.0.0.1', await authority.leaf('127.0.0.1'));
    expect(byAddress.subjectAltName).toBe('IP Address:127.0.0.1');
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`;
    expect((await peerOf(authority.pem.certificate, long, await authority.leaf(long))).subjectAltName).toBe(
      `DNS:${long}`,
    );
  });

  it('is not trusted by another sandbox', async () => {
    const one = await createAuthority('sbx_one', { clock: systemClock });
    const other = await createAuthority('sbx_two', { clock: systemClock });
    await expect(peerOf(other.pem.certificate, 'a.test', await one.leaf('a.test'))).rejects.toThrow(/certificate/);
  });

  it('keeps leaves, renews them before they end, and is over when its time is', async () => {
    let nowMs = systemClock.nowMs();
    const authority = await createAuthority('sbx_one', { clock: at(() => nowMs), lifetimeMs: 200 * dayMs });
    const first = await authority.leaf('a.test');
    expect(await authority.leaf('a.test')).toBe(first);
    nowMs += 89 * dayMs;
    const second = await authority.leaf('a.test');
    expect(second).not.toBe(first);
    nowMs += 120 * dayMs;
    await expect(authority.leaf('a.test')).rejects.toThrow('over');
  });

  it('opens from what was stored, and refuses a key that is not its own', async () => {
    const one = await createAuthority('sbx_one', { clock: systemClock });
    const again = await openAuthority(one.pem, { clock: systemClock });
    expect((await peerOf(one.pem.certificate, 'a.test', await again.leaf('a.test'))).subjectAltName).toBe('DNS:a.test');
    const other = await createAuthority('sbx_two', { clock: systemClock });
    await expect(openAuthority({ ...one.pem, key: other.pem.key }, { clock: systemClock })).rejects.toThrow(
      'not the one',
    );
  });
});

const keytool = '/usr/bin/keytool';

describe('what tools inside trust', () => {
  it('is the bundle that was there, and one more', async () => {
    const { pem } = await createAuthority('sbx_one', { clock: systemClock });
    expect(caBundle('A\nB', pem.certificate)).toBe(`A\nB\n${pem.certificate}`);
    expect(caBundle('', pem.certificate)).toBe(pem.certificate);
  });

  it('starts with what Java looks for, and says each certificate once', async () => {
    const { pem } = await createAuthority('sbx_one', { clock: systemClock });
    const store = javaTruststore(`${pem.certificate}${pem.certificate}`, 0);
    expect(store.readUInt32BE(0)).toBe(0xfeedfeed);
    expect(store.readUInt32BE(8)).toBe(1);
  });

  it.skipIf(!existsSync(keytool))('is read by Java', { timeout: 30_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-trust-'));
    try {
      const { pem } = await createAuthority('sbx_one', { clock: systemClock });
      const system = '/etc/ssl/certs/ca-certificates.crt';
      const bundle = caBundle(existsSync(system) ? readFileSync(system, 'utf8') : '', pem.certificate);
      const path = join(directory, 'cacerts');
      writeFileSync(path, javaTruststore(bundle, systemClock.nowMs()));
      const listed = execFileSync(keytool, ['-list', '-keystore', path, '-storepass', javaPassword], {
        encoding: 'utf8',
      });
      expect(listed.match(/trustedCertEntry/g)?.length).toBe(new Set(bundle.match(/-----BEGIN[^-]*-----[^-]*/g)).size);
      expect(() =>
        execFileSync(keytool, ['-list', '-keystore', path, '-storepass', 'wrong-password'], { stdio: 'pipe' }),
      ).toThrow();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
