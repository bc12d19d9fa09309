/**
 * A sandbox that belongs to this command line.
 *
 * 1. A create that is interrupted may be finished by the daemon all the same: it is asked for again by its key, and what it
 *    made is ended.
 * 2. A throw-away one has a short lease from its first moment, so that it is gone soon after a command line that is killed.
 *    Where a contract promises a longer life it begins with the usual one, and `holdLease` shortens that.
 */
import { randomUUID } from 'node:crypto';
import { isHoldfastError } from '../schema/error-class.ts';
import type { CreateSandboxInput, HoldfastService, Sandbox } from '../schema/index.ts';
import { leaseMs } from './lease.ts';

/** How long an interrupted command line waits for a sandbox that is still being made. */
const settleMs = 30_000;

/** Whatever lifetime was asked for: it lives as long as what it was made for. */
export async function createThrowAway(
  service: HoldfastService,
  { lifetimeMs: _, ...wanted }: CreateSandboxInput,
  signal: AbortSignal,
): Promise<Sandbox> {
  const usual = { ...wanted, origins: { ...wanted.origins, lifetimeMs: 'renewed while it is in use' } };
  if (wanted.contract === undefined) {
    try {
      return await createOrEnd(service, { ...usual, lifetimeMs: leaseMs }, signal);
    } catch (error) {
      if (!isPromisedLonger(error)) throw error;
    }
  }
  return createOrEnd(service, usual, signal);
}

/** When `signal` ends it, nothing of it is left. */
export async function createOrEnd(
  service: HoldfastService,
  wanted: CreateSandboxInput,
  signal: AbortSignal,
): Promise<Sandbox> {
  const input = { ...wanted, idempotencyKey: randomUUID() };
  try {
    return await service.createSandbox(input, { signal });
  } catch (error) {
    if (signal.aborted) await endMade(service, input);
    throw error;
  }
}

async function endMade(service: HoldfastService, input: CreateSandboxInput): Promise<void> {
  try {
    const { id } = await service.createSandbox(input, { timeoutMs: settleMs });
    await service.destroySandbox(id);
  } catch {
    // One that was refused is not there; any other ends with its lease.
  }
}

/** The daemon holds sandboxes to a contract that nobody named here. */
const isPromisedLonger = (error: unknown): boolean =>
  isHoldfastError(error) && error.code === 'invalid-argument' && error.details?.['argument'] === 'lifetimeMs';
