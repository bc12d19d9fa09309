/** What a command line makes for itself is gone with it, also when it is interrupted before it knows what it made. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { directoryService } from '../../test/fixtures/directory-service.ts';
import { type RecordingService, recordingService } from '../../test/fixtures/recording-service.ts';
import { HoldfastError } from '../schema/error-class.ts';
import type { CreateSandboxInput, Sandbox } from '../schema/index.ts';
import { leaseMs } from './lease.ts';
import { createThrowAway } from './throw-away.ts';

const { signal } = new AbortController();
const askedOf = (service: RecordingService): CreateSandboxInput[] =>
  service.calls.filter(({ verb }) => verb === 'createSandbox').map(({ args }) => args[0] as CreateSandboxInput);
const endedBy = (service: RecordingService): unknown[] =>
  service.calls.filter(({ verb }) => verb === 'destroySandbox').map(({ args }) => args[0]);
const origins = { lifetimeMs: 'renewed while it is in use' };
const promised = new HoldfastError('invalid-argument', 'a contract promises more', {
  details: { argument: 'lifetimeMs' },
});

it('has a short lease from the first moment', async () => {
  const service = recordingService();
  await createThrowAway(service, { name: 'a', lifetimeMs: 5000 }, signal);
  expect(askedOf(service)).toEqual([{ name: 'a', origins, lifetimeMs: leaseMs, idempotencyKey: expect.any(String) }]);
});

it('has the usual lifetime where a contract may promise that', async () => {
  const named = recordingService();
  await createThrowAway(named, { contract: 'coding-agent', lifetimeMs: 5000 }, signal);
  expect(askedOf(named)).toEqual([{ contract: 'coding-agent', origins, idempotencyKey: expect.any(String) }]);
  const ofDaemon = recordingService();
  ofDaemon.failures.set('createSandbox', promised);
  await createThrowAway(ofDaemon, {}, signal);
  const [first, second] = askedOf(ofDaemon);
  expect([first?.lifetimeMs, second?.lifetimeMs]).toEqual([leaseMs, undefined]);
  // Another request is another key.
  expect(first?.idempotencyKey).not.toBe(second?.idempotencyKey);
});

it('is asked for once when it is refused and nobody interrupts', async () => {
  const service = recordingService();
  service.failures.set('createSandbox', new HoldfastError('quota-exceeded', 'no more'));
  await expect(createThrowAway(service, {}, signal)).rejects.toMatchObject({ code: 'quota-exceeded' });
  expect([askedOf(service).length, endedBy(service)]).toEqual([1, []]);
});

it('is found by its key and ended when the create was interrupted', async () => {
  const service = recordingService();
  const interrupted = new AbortController();
  const { createSandbox } = service;
  service.createSandbox = (...given) => {
    if (interrupted.signal.aborted) return createSandbox(...given);
    interrupted.abort(new HoldfastError('cancelled', 'interrupted'));
    return Promise.reject(interrupted.signal.reason);
  };
  await expect(createThrowAway(service, {}, interrupted.signal)).rejects.toMatchObject({ code: 'cancelled' });
  const [first, again] = askedOf(service);
  expect(again).toEqual(first);
  expect(endedBy(service)).toEqual(['sbx-default']);
});

it.each([
  [['run', '--', 'true']],
  [['run', '--keep', '--', 'true']],
  [['run', '--repo', '.', '--', 'true']],
  [['shell']],
])('%j leaves nothing when it is interrupted while its sandbox is made', async (argv) => {
  await using service = await directoryService();
  const { createSandbox } = service;
  let interrupt: (name: NodeJS.Signals) => void = () => undefined;
  // As a daemon has it: what was begun is finished, whoever left, and a key that is repeated adopts it.
  const made = new Map<string, Promise<Sandbox>>();
  service.createSandbox = (input, options) => {
    const key = input.idempotencyKey ?? '';
    const making = made.get(key) ?? createSandbox(input);
    made.set(key, making);
    const left = new Promise<never>((_, reject) =>
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
    );
    left.catch(() => undefined);
    if (made.size === 1) interrupt('SIGINT');
    return options?.signal?.aborted ? Promise.reject(options.signal.reason) : Promise.race([making, left]);
  };
  const run = await runCli(argv, service, {
    directory: join(import.meta.dirname, 'demo'),
    onSignals: (send) => {
      interrupt = send;
    },
  });
  await Promise.all(made.values());
  expect(run.status).toBe(130);
  expect([...service.living, ...service.snapshots]).toEqual([]);
});
