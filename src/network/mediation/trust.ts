/**
 * What tools inside must have to trust the sandbox's authority: the template's bundle with one certificate more, and the same
 * for Java, which reads its own format (JKS, version 2: trusted entries, and a digest keyed with a password everybody knows).
 */
import { createHash, X509Certificate } from 'node:crypto';

/** The bundle a template brings, and the authority last. */
export function caBundle(systemBundle: string, authority: string): string {
  return `${systemBundle.replace(/\n*$/, systemBundle === '' ? '' : '\n')}${authority.trim()}\n`;
}

const pemBlock = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

export const javaPassword = 'changeit';
const jksMagic = 0xfeedfeed;
const jksVersion = 2;
const trustedEntry = 2;

/** All certificates of a PEM text as a Java truststore. `atMs` is what its entries say they were made at. */
export function javaTruststore(bundle: string, atMs: number): Buffer {
  const blocks = [...new Set(bundle.match(pemBlock) ?? [])];
  read = new Map(blocks.map((block) => [block, read.get(block) ?? new X509Certificate(block).raw]));
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
