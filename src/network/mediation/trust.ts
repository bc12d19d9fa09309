/**
 * What tools inside must have to trust the sandbox's authority: this machine's bundle with what the template trusts besides and
 * one certificate more, and the same for Java, which reads its own format (JKS, version 2: trusted entries, and a digest keyed
 * with a password everybody knows). What comes out of a sandbox is taken for bytes and never read as a certificate here.
 */
import { createHash } from 'node:crypto';

/** The bundles that a sandbox's own files hold: what the template's frame set aside, and where other distributions have it. */
export const ownBundles: readonly string[] = [
  '/etc/ssl/holdfast/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
];
/** Of each. */
export const longestOwnBundle: number = 1024 * 1024;
/** All of it has to fit into the little that is mounted for it, twice while it is replaced. */
const mostOwnBytes = 128 * 1024;

/** The authority last. */
export function caBundle(systemBundle: string, authority: string, own: readonly string[] = []): string {
  return [systemBundle, ...besides(systemBundle, own), authority]
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => `${text}\n`)
    .join('');
}

/** Certificates that only the others have; the last ones, where they are too many: what is added by hand stands behind. */
function besides(systemBundle: string, own: readonly string[]): string[] {
  if (own.length === 0) return [];
  const known = new Set(blocksOf(systemBundle).map(base64Of));
  const found: string[] = [];
  let bytes = 0;
  for (const block of own.flatMap(blocksOf).reverse()) {
    const base64 = base64Of(block);
    if (known.has(base64) || !isWhole(Buffer.from(base64, 'base64'))) continue;
    known.add(base64);
    const lines = base64.match(/.{1,64}/g) ?? [];
    const text = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n');
    bytes += text.length + 1;
    if (bytes > mostOwnBytes) break;
    found.push(text);
  }
  return found.reverse();
}

const blocksOf = (text: string): string[] => text.match(pemBlock) ?? [];
const base64Of = (block: string): string => block.replace(/-----[A-Z ]+-----|\s/g, '');

/** A sequence that is as long as it says: half a one would make the whole of a key store unreadable. */
function isWhole(der: Buffer): boolean {
  return der.length > 4 && der[0] === 0x30 && der[1] === 0x82 && der.readUInt16BE(2) + 4 === der.length;
}

const pemBlock = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

export const javaPassword = 'changeit';
const jksMagic = 0xfeedfeed;
const jksVersion = 2;
const trustedEntry = 2;

/** All certificates of a PEM text as a Java truststore. `atMs` is what its entries say they were made at. */
export function javaTruststore(bundle: string, atMs: number): Buffer {
  const blocks = [...new Set(blocksOf(bundle))];
  read = new Map(blocks.map((block) => [block, read.get(block) ?? Buffer.from(base64Of(block), 'base64')]));
  const entries = [...read.values()].map((certificate, index) => {
    return Buffer.concat([
      integer(trustedEntry),
      // Aliases must differ and are never shown to anybody but keytool's users.
      text(`holdfast-${index}`),
      time(atMs),
      text('X.509'),
      integer(certificate.length),
      certificate,
    ]);
  });
  const store = Buffer.concat([integer(jksMagic), integer(jksVersion), integer(entries.length), ...entries]);
  return Buffer.concat([store, digest(store)]);
}

/** Of the last bundle: the next one differs in one certificate, and reading all of them takes milliseconds. */
let read: ReadonlyMap<string, Buffer> = new Map();

function digest(store: Buffer): Buffer {
  const password = Buffer.from(javaPassword, 'utf16le').swap16();
  return createHash('sha1').update(password).update('Mighty Aphrodite', 'utf8').update(store).digest();
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function time(ms: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(ms));
  return bytes;
}

/** Java's `writeUTF`; what is written here is ASCII. */
function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value, 'latin1')]);
}
