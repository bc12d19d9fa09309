import { expect, it } from 'vitest';
import { rootScope } from '../base/index.ts';
import type { SandboxController } from '../lifecycle/index.ts';
import { FollowedProcesses } from './followed-processes.ts';

const place = { tenant: 'a', sandbox: 'sbx-1' };
/** Of those asked about, the first has ended. */
function controller(lists: () => Promise<{ processId: string; exit: object | null }[]>): SandboxController {
  const inside = async (_tenant: string, _ref: string, _scope: object, work: (guest: object) => unknown) =>
    work({ listProcesses: lists });
  return { inside } as unknown as SandboxController;
}
const one = controller(async () => [
  { processId: 'ended', exit: {} },
  { processId: 'runs', exit: null },
]);

it('waits for what is told of those that have ended, and of no other', async () => {
  await using scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  const followed = new FollowedProcesses();
  const { promise, resolve } = Promise.withResolvers<void>();
  followed.add({ ...place, processId: 'ended' }, promise);
  followed.add({ ...place, processId: 'runs' }, new Promise(() => undefined));
  let isHeard = false;
  const heard = followed.heard(one, place, scope).then(() => {
    isHeard = true;
  });
  await new Promise((next) => setTimeout(next, 30));
  expect(isHeard).toBe(false);
  resolve();
  await heard;
});

it('waits no longer than a moment, and not for one that cannot be asked or where nobody is followed', async () => {
  await using scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  const followed = new FollowedProcesses();
  const asked: string[] = [];
  const never = controller(async () => {
    asked.push('asked');
    throw new Error('it is gone');
  });
  await followed.heard(never, place, scope);
  expect(asked).toEqual([]);
  followed.add({ ...place, processId: 'ended' }, new Promise(() => undefined));
  await followed.heard(never, place, scope);
  expect(asked).toEqual(['asked']);
  await followed.heard(one, place, scope);
});
