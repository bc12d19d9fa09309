import { Duplex, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { PlannedFault } from '../../schema/index.ts';
import { ToxicStream } from './toxic-stream.ts';

/** The inside's own stream and its other end. */
function pair(): { inside: Duplex; program: Duplex } {
  const [up, down] = [new PassThrough(), new PassThrough()];
  const program = Duplex.from({ readable: down, writable: up });
  const inside = Duplex.from({ readable: up, writable: down });
  for (const stream of [inside, program]) stream.on('error', () => undefined);
  return { inside, program };
}

function toxic(fault: PlannedFault, parameters: Record<string, number> = {}): { stream: ToxicStream; program: Duplex } {
  const { inside, program } = pair();
  const stream = new ToxicStream(inside, { fault, parameters }, systemClock);
  stream.on('error', () => undefined);
  return { stream, program };
}

const body = Buffer.from('0123456789'.repeat(100));

describe('a toxic connection', () => {
  it('lets what the inside says pass as it is', async () => {
    const { stream, program } = toxic({ id: 'a', kind: 'network.latency', delay: 0, correlation: 0 }, { delayMs: 0 });
    program.end(body);
    expect(await buffer(stream)).toEqual(body);
  });

  it('holds an answer back, and not what follows of it', async () => {
    const { stream, program } = toxic({ id: 'a', kind: 'network.latency', delay: 80, correlation: 0 }, { delayMs: 80 });
    const startedMs = performance.now();
    const read = buffer(program);
    for (let at = 0; at < 5; at++) stream.write(body);
    stream.end();
    expect((await read).length).toBe(5 * body.length);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(75);
  });

  it('lets bytes pass at its pace', async () => {
    const { stream, program } = toxic({ id: 'a', kind: 'network.bandwidth', bytesPerSecond: 5000 });
    const startedMs = performance.now();
    const read = buffer(program);
    stream.end(body);
    expect(await read).toEqual(body);
    expect(performance.now() - startedMs).toBeGreaterThan(190);
  });

  it.each(['network.reset', 'network.early-close'] as const)('%s lets so many bytes pass, and ends', async (kind) => {
    const { stream, program } = toxic({ id: 'a', kind, afterBytes: 64 });
    const got: Buffer[] = [];
    program.on('data', (chunk: Buffer) => got.push(chunk));
    const gone = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.write(body);
    await gone;
    await expect.poll(() => Buffer.concat(got).length).toBe(64);
    expect(stream.destroyed).toBe(true);
  });

  it('breaks a greeting and nothing after it', async () => {
    const { stream, program } = toxic({ id: 'a', kind: 'network.tls-failure' });
    const read = buffer(program);
    stream.write(Buffer.from([22, 3, 3]));
    stream.end(Buffer.from([1, 2]));
    expect([...(await read)]).toEqual([22 ^ 0xff, 3, 3, 1, 2]);
  });

  it('ends with either side', async () => {
    const { stream, program } = toxic(
      { id: 'a', kind: 'network.latency', delay: 50_000, correlation: 0 },
      { delayMs: 50_000 },
    );
    const gone = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.write(body);
    program.destroy();
    stream.destroy();
    await gone;
  });
});
