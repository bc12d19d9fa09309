/** Memory of files on their way through the server is used again, or freed, and never while somebody still needs it. */
import { expect, it } from 'vitest';
import { serveUnix } from '../../test/fixtures/served.ts';
import { filePieces, freePassed } from '../base/index.ts';

const pieceBytes = 64 * 1024;
const pieces = 192;

/** A piece's every byte says whose it is and which. */
const filled = (owner: number, index: number): Uint8Array =>
  new Uint8Array(pieceBytes).fill((owner * 83 + index * 7) % 256);

it('three downloads at once, read slowly, are each their own bytes', async () => {
  await using served = await serveUnix();
  const { client, service } = served;
  const stat = await client.writeFile('box-default', '/1', new Uint8Array(1));
  const memory = new Set<ArrayBufferLike>();
  service.readFile = async (_, path) => ({
    stat,
    content: (async function* () {
      for (let index = 0; index < pieces; index++) {
        const piece = filePieces.copy(filled(Number(path.slice(1)), index));
        memory.add(piece.buffer);
        yield piece;
      }
    })(),
  });
  const download = async (owner: number): Promise<void> => {
    let at = 0;
    for await (const piece of (await client.readFile('box-default', `/${owner}`)).content) {
      for (const byte of piece) {
        if (byte !== (owner * 83 + Math.floor(at / pieceBytes) * 7) % 256) throw new Error(`byte ${at} of ${owner}`);
        at++;
      }
      await new Promise((resolve) => setTimeout(resolve, owner));
    }
    expect(at).toBe(pieces * pieceBytes);
  };
  await Promise.all([1, 2, 3].map(download));
  expect(memory.size).toBeLessThan((3 * pieces) / 2);
});

it('pieces of an upload may be freed by who is done with them, and what follows is whole', async () => {
  await using served = await serveUnix();
  const { client, service } = served;
  const stat = await client.writeFile('box-default', '/f', new Uint8Array(1));
  const seen: number[] = [];
  let freed = 0;
  service.writeFile = async (_, __, data) => {
    for await (const piece of data as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < piece.length; at += 4096) seen.push(piece[at] ?? -1);
      freePassed(piece);
      freed += piece.length === 0 ? 1 : 0;
    }
    return stat;
  };
  const whole = new Uint8Array(pieces * pieceBytes);
  for (let index = 0; index < pieces; index++) whole.set(filled(0, index), index * pieceBytes);
  await client.writeFile('box-default', '/f', whole);
  expect(freed).toBeGreaterThan(10);
  expect(new Set(seen)).toEqual(new Set(Array.from({ length: pieces }, (_, index) => (index * 7) % 256)));
});
