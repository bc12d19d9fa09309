/**
 * One request to an address that the owner of this daemon gave: a webhook, the place of checkpoints.
 *
 * 1. No redirect is followed, wherever it leads: the address was chosen, what it points at was not.
 * 2. Of the answer only its status counts; its body is not read.
 */
import { HoldfastError } from '../schema/index.ts';

export interface Post {
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
  timeoutMs: number;
  signal?: AbortSignal;
}

/** @throws HoldfastError `network-unreachable` when there is no answer in time */
export async function postBytes(url: string, { headers, body, timeoutMs, signal }: Post): Promise<{ status: number }> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const both = signal ? AbortSignal.any([signal, deadline]) : deadline;
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: both });
    await response.body?.cancel();
    return { status: response.status };
  } catch (cause) {
    const why =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
    throw new HoldfastError('network-unreachable', `no answer from ${new URL(url).origin}: ${why}`, { cause });
  }
}
