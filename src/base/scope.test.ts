import { describe, expect, it } from 'vitest';
import { untilOrEnded } from './locks.ts';
import { rootScope } from './scope.ts';

describe('a scope', () => {
  it('tells its end once, to whoever still listens, with why', async () => {
    const scope = rootScope({ name: 'test' });
    const heard: unknown[] = [];
    scope.onEnd((reason) => heard.push(reason));
    const leave = scope.onEnd(() => heard.push('one that left'));
    leave();
    await scope.close();
    await scope.close();
    expect(heard).toEqual([expect.objectContaining({ code: 'cancelled' })]);
  });

  it('tells at once that it has ended', async () => {
    const scope = rootScope({ name: 'test', signal: AbortSignal.abort(new Error('before')) });
    const heard: unknown[] = [];
    scope.onEnd((reason) => heard.push(reason))();
    expect(heard).toEqual([new Error('before')]);
    expect(() => scope.throwIfEnded()).toThrow('before');
    await scope.close();
  });

  it('has a signal that says the same, whenever it is asked for', async () => {
    const early = rootScope({ name: 'test' });
    const { signal } = early;
    expect([signal.aborted, early.signal === signal]).toEqual([false, true]);
    await early.close();
    expect(signal.reason).toMatchObject({ code: 'cancelled' });
    const late = rootScope({ name: 'test', signal: AbortSignal.abort(new Error('before')) });
    expect(late.signal.reason).toEqual(new Error('before'));
    await late.close();
  });

  it('ends with its parent, for the same reason, and is forgotten there when it was closed before', async () => {
    const controller = new AbortController();
    const parent = rootScope({ name: 'parent', signal: controller.signal });
    const [child, closed] = [parent.child({ name: 'child' }), parent.child({ name: 'closed' })];
    await closed.close();
    controller.abort(new Error('enough'));
    expect(() => child.throwIfEnded()).toThrow('enough');
    expect(() => closed.throwIfEnded()).toThrow('closed before it ended');
    await parent.close();
  });

  it('ends at its deadline, or its parent’s, and says what it was doing', async () => {
    const parent = rootScope({ name: 'parent', timeoutMs: 20 });
    const child = parent.child({ name: 'child', timeoutMs: 10_000 });
    parent.log('asked', { n: 1 });
    const ended = Promise.withResolvers<unknown>();
    child.onEnd(ended.resolve);
    expect(await ended.promise).toMatchObject({
      code: 'deadline-exceeded',
      details: { log: [expect.stringContaining('asked {"n":1}')] },
    });
    await parent.close();
  });

  it('lets go of a wait, and of no promise that goes on', async () => {
    const scope = rootScope({ name: 'test' });
    const waiting = untilOrEnded(new Promise(() => undefined), scope);
    await scope.close();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await expect(untilOrEnded(Promise.reject(new Error('late')), scope)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('closes what it opened in reverse order, each even when another fails', async () => {
    const scope = rootScope({ name: 'test' });
    const order: number[] = [];
    scope.onClose(() => void order.push(1));
    scope.onClose(() => {
      throw new Error('two');
    });
    scope.onClose(async () => void order.push(3));
    await expect(scope.close()).rejects.toThrow('closing test');
    expect(order).toEqual([3, 1]);
  });
});
