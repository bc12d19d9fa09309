/** What the `chat` adapters keep for themselves, in our own database. One process has it, so every step is one. */
import type { Lock, QueueEntry, StateAdapter } from 'chat';
import type { Clock, RandomSource } from '../../base/index.ts';
import { type ChannelRepository, notesOf } from '../../state/index.ts';

/** @param of keeps the notes of one channel from those of another */
export function stateOf(
  channels: Pick<ChannelRepository, 'getValue' | 'putValue' | 'deleteValue'>,
  clock: Clock,
  { of, random }: { of: { tenant: string; channel: string }; random: RandomSource },
): StateAdapter {
  const notes = notesOf(of);
  // What is read under a key is what was written under it, by the same adapter.
  const read = <T>(key: string): T | null => channels.getValue(`${notes}${key}`, clock.nowMs()) as T | null;
  const remove = (key: string): void => channels.deleteValue(`${notes}${key}`);
  // What is nothing is not there.
  const write = (key: string, value: unknown, ttlMs?: number): void => {
    if (value === null || value === undefined) remove(key);
    else channels.putValue(`${notes}${key}`, value, ttlMs === undefined ? null : clock.nowMs() + ttlMs);
  };
  const list = <T>(key: string): T[] => read<T[]>(key) ?? [];
  const held = ({ threadId, token }: Lock): boolean => read<string>(`lock ${threadId}`) === token;
  return {
    connect: async () => undefined,
    disconnect: async () => undefined,
    get: async <T>(key: string) => read<T>(key),
    set: async (key, value, ttlMs) => write(key, value, ttlMs),
    setIfNotExists: async (key, value, ttlMs) => {
      if (read(key) !== null) return false;
      write(key, value, ttlMs);
      return true;
    },
    delete: async (key) => remove(key),
    getList: async <T>(key: string) => list<T>(key),
    appendToList: async (key, value, { maxLength, ttlMs } = {}) =>
      write(key, [...list(key), value].slice(-(maxLength ?? mostKept)), ttlMs),
    isSubscribed: async (threadId) => read(`subscribed ${threadId}`) === true,
    subscribe: async (threadId) => write(`subscribed ${threadId}`, true),
    unsubscribe: async (threadId) => remove(`subscribed ${threadId}`),
    acquireLock: async (threadId, ttlMs) => {
      if (read(`lock ${threadId}`) !== null) return null;
      const token = Buffer.from(random(16)).toString('hex');
      write(`lock ${threadId}`, token, ttlMs);
      return { threadId, token, expiresAt: clock.nowMs() + ttlMs };
    },
    extendLock: async (lock, ttlMs) => {
      if (!held(lock)) return false;
      write(`lock ${lock.threadId}`, lock.token, ttlMs);
      return true;
    },
    releaseLock: async (lock) => {
      if (held(lock)) remove(`lock ${lock.threadId}`);
    },
    forceReleaseLock: async (threadId) => remove(`lock ${threadId}`),
    enqueue: async (threadId, entry, maxSize) => {
      const queue = [...list<QueueEntry>(`queue ${threadId}`), entry].slice(-maxSize);
      write(`queue ${threadId}`, queue);
      return queue.length;
    },
    dequeue: async (threadId) => {
      const [first = null, ...rest] = list<QueueEntry>(`queue ${threadId}`);
      write(`queue ${threadId}`, rest);
      return first;
    },
    queueDepth: async (threadId) => list(`queue ${threadId}`).length,
  };
}

const mostKept = 1000;
