/**
 * What all ways lead to, as a process of its own: `node origin.ts KEY CERTIFICATE` prints its ports. Two TLS ports, so that
 * a policy can tell them apart, and a plain one. `/` is answered with a kibibyte, `/bytes/N` with N bytes.
 *
 * It reads requests without bodies and nothing else of HTTP: a server that does more would hide what lies before it.
 */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const address = '127.0.0.1';
const chunk = Buffer.alloc(256 * 1024, 'holdfast');
const small = answer(1024, chunk.subarray(0, 1024));

function answer(length: number, body: Buffer): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

function serve(socket: Socket): void {
  let held = '';
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    held += bytes.toString('latin1');
    for (let end = held.indexOf('\r\n\r\n'); end >= 0; end = held.indexOf('\r\n\r\n')) {
      const wanted = /^GET (?:http:\/\/[^/]+)?\/bytes\/(\d+) /.exec(held)?.[1];
      held = held.slice(end + 4);
      if (wanted === undefined) socket.write(small);
      else send(socket, Number(wanted));
    }
  });
}

function send(socket: Socket, length: number): void {
  let left = length;
  const more = (): void => {
    while (left > 0) {
      const piece = left < chunk.length ? chunk.subarray(0, left) : chunk;
      left -= piece.length;
      if (!socket.write(piece) && left > 0) {
        socket.once('drain', more);
        return;
      }
    }
  };
  socket.write(answer(length, Buffer.alloc(0)));
  more();
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, address, 4096, resolve));
  // A TCP server has such an address.
  return (server.address() as AddressInfo).port;
}

const [key = '', certificate = ''] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));
const secure = (): Server => createTlsServer({ key, cert: certificate, noDelay: true }, serve);
const ports = {
  tunnel: await listening(secure()),
  mediated: await listening(secure()),
  plain: await listening(createServer({ noDelay: true }, serve)),
};
console.log(JSON.stringify(ports));
