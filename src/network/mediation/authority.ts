/**
 * A certificate authority of one sandbox: what its tools trust, so that TLS can end at the gateway. Minting a leaf costs
 * about 2.5 ms, once per host: leaves and their TLS contexts are kept, and all of a sandbox share one key.
 *
 * 1. One authority per sandbox, and one for all sandboxes of a world; what one trusts no other does. Its key never goes inside.
 * 2. It signs server certificates only: no authority below it, no client certificates.
 * 3. A leaf lives within its authority's time.
 */
import 'reflect-metadata';
import { constants, createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { type Clock, type RandomSource, systemRandom } from '../../base/index.ts';
import { HoldfastError, type NetworkPolicy } from '../../schema/index.ts';

/** What the daemon keeps, and gives to the gateway. The key is PKCS #8. */
export interface AuthorityPem {
  certificate: string;
  key: string;
}

export interface CertificateAuthority {
  readonly pem: AuthorityPem;
  /** Certificate and key for one host, as TLS takes them. Throws after the authority's time. */
  leaf(host: string): Promise<SecureContext>;
}

export interface AuthorityOptions {
  clock: Clock;
  random?: RandomSource;
  /** How long sandboxes may live. */
  lifetimeMs?: number;
}

const dayMs = 24 * 60 * 60 * 1000;
/** The time that certificates of a sandbox go by: that of the tape it plays, where this says one. */
export function clockOf({ tape }: NetworkPolicy, clock: Clock): Clock {
  const at = tape?.mode === 'replay' ? tape.at : undefined;
  if (at === undefined) return clock;
  return {
    nowMs: () => Date.parse(at),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    after: (ms, fn) => clock.after(ms, fn),
  };
}

const defaultLifetimeMs = 30 * dayMs;
/** A sandbox may be hibernated, and clocks inside may be behind. */
const marginMs = 7 * dayMs;
const leafLifetimeMs = 90 * dayMs;
const keptLeaves = 512;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

cryptoProvider.set(webcrypto as Crypto);

export async function createAuthority(sandboxId: string, options: AuthorityOptions): Promise<CertificateAuthority> {
  const { clock, random = systemRandom, lifetimeMs = defaultLifetimeMs } = options;
  const keys = await makeKeys();
  const now = clock.nowMs();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(random),
    name: [{ CN: [`Holdfast ${sandboxId}`] }, { O: ['Holdfast sandbox network'] }],
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + lifetimeMs + marginMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const keyPem = createPrivateKey({ key, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' });
  return openAuthority({ certificate: `${certificate.toString('pem')}\n`, key: keyPem.toString() }, options);
}

/** An authority that was made before. Throws when key and certificate are no pair. */
export async function openAuthority(pem: AuthorityPem, options: AuthorityOptions): Promise<CertificateAuthority> {
  if (!isPair(pem)) throw new HoldfastError('internal', 'the key is not the one of the certificate authority');
  const signingKey = await importKey(pem.key);
  return new SandboxAuthority({ pem, signingKey, ...options });
}

interface AuthorityParts extends AuthorityOptions {
  pem: AuthorityPem;
  signingKey: CryptoKey;
}

interface LeafKeys {
  publicKey: CryptoKey;
  privatePem: string;
}

class SandboxAuthority implements CertificateAuthority {
  readonly pem: AuthorityPem;
  readonly #parts: AuthorityParts;
  readonly #certificate: X509Certificate;
  readonly #kept = new Map<string, { context: Promise<SecureContext>; untilMs: number }>();
  /** Made with the first leaf: most authorities of tunnels never sign one. */
  #leafKeys: Promise<LeafKeys> | null = null;

  constructor(parts: AuthorityParts) {
    this.pem = parts.pem;
    this.#parts = parts;
    this.#certificate = new X509Certificate(parts.pem.certificate);
  }

  leaf(host: string): Promise<SecureContext> {
    const now = this.#parts.clock.nowMs();
    const kept = this.#kept.get(host);
    this.#kept.delete(host);
    const entry = kept && kept.untilMs > now ? kept : this.#mint(host, now);
    this.#kept.set(host, entry);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptLeaves && oldest !== undefined) this.#kept.delete(oldest);
    return entry.context;
  }

  #mint(host: string, now: number): { context: Promise<SecureContext>; untilMs: number } {
    const endMs = Math.min(now + leafLifetimeMs - dayMs, this.#certificate.notAfter.getTime());
    const context = endMs > now ? this.#sign(host, now, endMs) : Promise.reject(new Error('the authority is over'));
    // Whoever awaits it hears of it; and the next asks anew.
    context.catch(() => this.#kept.delete(host));
    // Renewed a day early, or at the end of its authority.
    return { context, untilMs: Math.max(now + 1, endMs - dayMs) };
  }

  async #sign(host: string, now: number, endMs: number): Promise<SecureContext> {
    const { signingKey, random = systemRandom } = this.#parts;
    this.#leafKeys ??= makeLeafKeys();
    const { publicKey, privatePem } = await this.#leafKeys;
    const leaf = await X509CertificateGenerator.create({
      serialNumber: serialNumber(random),
      // A common name ends at 64 characters; names are checked by the alternative names alone.
      subject: host.length <= 64 ? [{ CN: [host] }] : [{ O: ['Holdfast sandbox network'] }],
      issuer: this.#certificate.subject,
      notBefore: new Date(Math.max(now - dayMs, this.#certificate.notBefore.getTime())),
      notAfter: new Date(endMs),
      signingAlgorithm: algorithm,
      publicKey,
      signingKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([{ type: isIP(host) ? 'ip' : 'dns', value: host }]),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    });
    return createSecureContext({
      cert: `${leaf.toString('pem')}\n${this.pem.certificate}`,
      key: privatePem,
      minVersion: 'TLSv1.2',
      // Another handshake within a connection costs the gateway much and its client little; nothing here counts them.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
  }
}

function makeKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
}

async function makeLeafKeys(): Promise<LeafKeys> {
  const { publicKey, privateKey } = await makeKeys();
  return { publicKey, privatePem: await exportKey(privateKey) };
}

function importKey(pem: string): Promise<CryptoKey> {
  const key = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', key, algorithm, false, ['sign']) as Promise<CryptoKey>;
}

async function exportKey(key: CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

/** Positive, and 64 bits of chance: two authorities of one sandbox's life share a name, not a number. */
function serialNumber(random: RandomSource): string {
  return `01${Buffer.from(random(15)).toString('hex')}`;
}

function isPair(pem: AuthorityPem): boolean {
  const certified = Buffer.from(new X509Certificate(pem.certificate).publicKey.rawData);
  return createPublicKey(createPrivateKey(pem.key)).export({ format: 'der', type: 'spki' }).equals(certified);
}
