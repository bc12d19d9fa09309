/**
 * The state of a machine on its way to a file. QEMU sends it to a socket it finds by name in a directory that its root shows;
 * the name is random and the directory cannot be listed, so that no other machine can put itself in between.
 *
 * 1. One connection, one file, at most so many bytes: a QEMU that was taken over fills no disk.
 * 2. The socket is gone when this is settled, and so is a file that did not become whole.
 */
import { createServer, type Server, type Socket } from 'node:net';
import {
  chmod,
  type FileHandle,
  join,
  makeDirectories,
  mapDiskFull,
  open,
  removeFile,
  type Scope,
  systemRandom,
  untilOrEnded,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';

/** Where QEMU's root shows the directory. */
export const savesInside = '/tmp';

/** May be entered by QEMU's user, and not listed. */
const enterable = 0o711;
const connectable = 0o666;

export async function makeSaves(directory: string): Promise<void> {
  await makeDirectories(directory);
  await chmod(directory, enterable);
}

export interface StateSink {
  /** What QEMU is told to send it to. */
  uri: string;
  /** Resolves with the size when all of it is in the file. */
  received: Promise<number>;
  close(): Promise<void>;
}

export async function openSink(directory: string, file: string, mostBytes: number, scope: Scope): Promise<StateSink> {
  const name = Buffer.from(systemRandom(12)).toString('hex');
  const path = join(directory, name);
  const server = createServer();
  await listening(server, path);
  await chmod(path, connectable);
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const received = untilOrEnded(connected, scope).then(async (socket) => {
    server.close();
    return await untilOrEnded(store(socket, file, mostBytes), scope).finally(() => socket.destroy());
  });
  received.catch(() => undefined);
  return {
    uri: `unix:${savesInside}/${name}`,
    received,
    close: async () => {
      server.close();
      await removeFile(path);
    },
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

async function store(socket: Socket, path: string, mostBytes: number): Promise<number> {
  const file: FileHandle = await open(path, 'w', 0o600);
  let size = 0;
  try {
    for await (const chunk of socket) {
      size += (chunk as Buffer).length;
      if (size > mostBytes) throw tooMuch(mostBytes);
      // All of it: `write` may take a part and say so.
      await file.writeFile(chunk as Buffer);
    }
    return size;
  } catch (error) {
    await removeFile(path);
    throw mapDiskFull(error, path);
  } finally {
    await file.close();
  }
}

function tooMuch(mostBytes: number): HoldfastError {
  return new HoldfastError('file-too-large', `a virtual machine sent more than ${mostBytes} bytes of state`, {
    hint: 'QEMU was taken over by its guest, or is one this version does not know; destroy the sandbox.',
  });
}
