import { rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryHome } from '../../../test/fixtures/tapes.ts';
import { silentLog, systemClock } from '../../base/index.ts';
import { type NetworkPolicyInput, networkPolicySchema } from '../../schema/index.ts';
import { createAuthority } from '../mediation/authority.ts';
import { GatewaySupervisor, type SandboxNetwork } from './supervisor.ts';

const sandbox = 'sbx-test';
let home: string;
let supervisor: GatewaySupervisor;
let authority: SandboxNetwork['authority'];
let problems: (string | null)[];
let tapes: string[];

beforeEach(async () => {
  home = await temporaryHome();
  authority ??= (await createAuthority(sandbox, { clock: systemClock })).pem;
  [problems, tapes] = [[], []];
  const ignore = (): void => undefined;
  supervisor = new GatewaySupervisor({
    clock: systemClock,
    log: silentLog,
    settings: { home, guestBinary: '/bin/false', upstreamProxy: null, resolvers: [], extraAuthorities: '' },
    noiseOf: () => null,
    listeners: {
      ...{ onFlow: ignore, onUp: ignore, onDown: ignore, onLink: ignore, onFaults: ignore },
      onTapeFailed: ignore,
      onTape: (_sandbox, tape) => tapes.push(tape),
      onProblem: (_sandbox, problem) => problems.push(problem),
    },
  });
});
afterEach(async () => {
  await supervisor.close();
  await rm(home, { recursive: true });
});

/** Nobody answers in this sandbox. */
const network = (policy: NetworkPolicyInput): SandboxNetwork => ({
  sandbox,
  tenant: 'local',
  agent: { socketPath: join(home, 'nobody.sock'), incarnation: 'one' },
  policy: networkPolicySchema.parse(policy),
  presets: [],
  authority,
  secrets: [],
  tokens: null,
});

describe('a sandbox that the gateway does not take up again (5)', () => {
  it('is told of, and tried again until it can be', async () => {
    writeFileSync(join(home, 'tapes'), 'in the way');
    supervisor.keep(network({ tape: { mode: 'record' } }));
    await expect.poll(() => problems).toHaveLength(1);
    expect(supervisor.problem(sandbox)).toBe(problems[0]);
    expect(await supervisor.inspect(sandbox)).toBeNull();
    rmSync(join(home, 'tapes'));
    await expect.poll(() => problems).toEqual([expect.any(String), null]);
    expect(supervisor.problem(sandbox)).toBeNull();
    expect(tapes).toEqual([(await supervisor.inspect(sandbox))?.tape]);
  });

  it('is taken up by an update', async () => {
    supervisor.keep(network({ tape: { mode: 'replay', tape: 'tap-none' } }));
    await expect.poll(() => problems).toHaveLength(1);
    await expect(supervisor.update(network({ tape: { mode: 'replay', tape: 'tap-other' } }))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('tap-other'),
    });
    expect(await supervisor.update(network({}))).toEqual({ tape: null, played: null });
    expect(problems).toEqual([expect.any(String), null]);
    expect(await supervisor.inspect(sandbox)).not.toBeNull();
  });

  it('is left alone once it is detached', async () => {
    writeFileSync(join(home, 'tapes'), 'in the way');
    supervisor.keep(network({ tape: { mode: 'record' } }));
    await expect.poll(() => problems).toHaveLength(1);
    await supervisor.detach(sandbox);
    rmSync(join(home, 'tapes'));
    await systemClock.sleep(500);
    expect(await supervisor.inspect(sandbox)).toBeNull();
    expect(supervisor.problem(sandbox)).toBeNull();
  });
});
