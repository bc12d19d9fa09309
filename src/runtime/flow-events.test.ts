import { expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import type { NetworkFlow } from '../schema/index.ts';
import { FlowEvents } from './flow-events.ts';

it('tells of so many refusals of one sandbox, whatever hosts it makes up, and of those of others', () => {
  const published: { type: string; sandbox: string }[] = [];
  const bus = { publish: (event: { type: string; sandbox: string }) => published.push(event) };
  const store = { sandboxes: { get: () => ({ tenant: 'default' }) } };
  const parts = { store, flows: bus, events: bus, clock: systemClock };
  const events = new FlowEvents(parts as unknown as ConstructorParameters<typeof FlowEvents>[0]);
  const refused = (sandbox: string, host: string): NetworkFlow =>
    ({ sandbox, host, port: 443, decision: { allowed: false, code: 'no-rule' } }) as NetworkFlow;
  for (let count = 0; count < 500; count++) events.take(refused('sbx_1', `h${count}.example.com`));
  events.take(refused('sbx_2', 'h.example.com'));
  const told = published.filter(({ type }) => type === 'network-denied').map(({ sandbox }) => sandbox);
  expect([told.filter((one) => one === 'sbx_1').length, told.filter((one) => one === 'sbx_2').length]).toEqual([64, 1]);
  expect(published.filter(({ type }) => type === 'network-flow')).toHaveLength(501);
});
