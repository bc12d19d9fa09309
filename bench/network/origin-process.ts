/** The origin with its name and its certificate, for ours and for peers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { decode, encode } from 'dns-packet';
import type { Workbench } from '../workbench.ts';

export const originName = 'origin.bench.test';
export const originAddress = '127.0.0.1';

export interface Origin {
  ports: { tunnel: number; mediated: number; plain: number };
  /** Certificate of who signed its own, as PEM, and where that lies. */
  authority: string;
  authorityPath: string;
  /** Its own certificate and key, for who is to stand in its place. */
  certificatePath: string;
  keyPath: string;
  pid: number;
}

export async function startOrigin(bench: Workbench): Promise<Origin> {
  const [authorityPath, keyPath, certificatePath] = ['authority', 'key', 'certificate'].map((name) =>
    join(bench.directory, `${name}.pem`),
  ) as [string, string, string];
  const root = await newAuthority('bench origin authority');
  const leaf = await newLeaf(root);
  await writeFile(authorityPath, root.certificate);
  await writeFile(keyPath, leaf.key);
  await writeFile(certificatePath, leaf.certificate);
  const child = startProcess(bench, process.execPath, [
    join(import.meta.dirname, 'origin.ts'),
    keyPath,
    certificatePath,
  ]);
  const [line] = (await once(child.stdout ?? process.stdin, 'data')) as [Buffer];
  // What origin.ts prints.
  const ports = JSON.parse(line.toString()) as Origin['ports'];
  return { ports, authority: root.certificate, authorityPath, certificatePath, keyPath, pid: child.pid ?? 0 };
}

/** Ended with the bench, and by it alone. */
export function startProcess(
  bench: Workbench,
  program: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  bench.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

/** A resolver that has one answer to every question; its `address:port`. */
export async function startResolver(bench: Workbench): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { port, address }) => {
    const { id, questions = [] } = decode(bytes);
    const [question] = questions;
    const answers =
      question?.type === 'A' ? [{ type: 'A' as const, name: question.name, ttl: 3600, data: originAddress }] : [];
    const flags = 0x0400 | 0x0080;
    socket.send(
      encode({ type: 'response', ...(id === undefined ? {} : { id }), flags, questions, answers }),
      port,
      address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, originAddress, resolve));
  bench.defer(() => new Promise((resolve) => socket.close(() => resolve())));
  // An internet socket has such an address.
  return `${originAddress}:${(socket.address() as AddressInfo).port}`;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 86_400_000;

interface Authority {
  certificate: string;
  key: string;
  subject: string;
  keys: CryptoKeyPair;
}

export async function newAuthority(name: string): Promise<Authority> {
  // The package's type is of the browser's crypto, which this is as well.
  cryptoProvider.set(webcrypto as never);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
    ...validity(),
  });
  return { certificate: certificate.toString('pem'), key: await keyText(keys), subject: certificate.subject, keys };
}

async function newLeaf(authority: Authority): Promise<{ certificate: string; key: string }> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${originName}`,
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: originName },
        { type: 'ip', value: originAddress },
      ]),
    ],
    ...validity(),
  });
  return { certificate: certificate.toString('pem'), key: await keyText(keys) };
}

const validity = (): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(Date.now() - day),
  notAfter: new Date(Date.now() + 30 * day),
});

const newKeys = (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;

async function keyText({ privateKey }: CryptoKeyPair): Promise<string> {
  const text = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${text.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
