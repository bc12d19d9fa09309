/**
 * Locks between processes of one user on one machine, as names of abstract sockets: the kernel gives a name to one holder
 * and takes it back when that one dies, so that no lock is ever stale.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/** Releases when called; null when somebody else holds it. */
export function holdLock(purpose: string, directory: string): Promise<(() => Promise<void>) | null> {
  const place = createHash('sha256').update(directory).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error) => ('code' in error && error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen(`\0holdfast.${purpose}.${process.getuid?.() ?? 0}.${place}`, () => {
      server.unref();
      resolve(() => new Promise((done) => server.close(() => done())));
    });
  });
}
