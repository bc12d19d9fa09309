/** Where gVisor cannot be had, the reason and one fix; nothing is started to find that out. */
import { describe, expect, it } from 'vitest';
import { rootScope, silentLog } from '../../base/index.ts';
import { NamespaceSubstrate } from '../namespace/substrate.ts';
import { GvisorSubstrate } from './substrate.ts';

function gvisor(mode: 'root' | 'user', kind: 'fork' | 'bwrap', program = '/nowhere/runsc'): GvisorSubstrate {
  const options = { home: '/nowhere', mode, kind };
  const host = new NamespaceSubstrate({ ...options, binary: '/nowhere', keepApart: '/nowhere', log: silentLog });
  return new GvisorSubstrate({ ...options, host, runsc: { program, version: 'test', options: new Set() } });
}

describe('gVisor is refused', () => {
  it.each([
    ['to an ordinary user', 'user', 'fork', /root/, /as root/],
    ['with the launcher bwrap', 'root', 'bwrap', /bwrap/, /fork/],
  ] as const)('%s', async (_, mode, kind, detail, fix) => {
    await using scope = rootScope({ name: 'test' });
    const report = await gvisor(mode, kind).probe(scope);
    expect(report).toMatchObject({
      substrate: 'gvisor',
      isolation: 'userspace-kernel',
      usable: false,
      detail: expect.stringMatching(detail),
      fix: expect.stringMatching(fix),
    });
  });

  it('where it cannot be tried, with what went wrong', async () => {
    await using scope = rootScope({ name: 'test' });
    const report = await gvisor('root', 'fork').probe(scope);
    expect(report).toMatchObject({
      usable: false,
      detail: expect.stringContaining('runsc test'),
      fix: expect.any(String),
    });
  });
});
