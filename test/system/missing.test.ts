/** What this machine could lack: the program or the power is named, with its fix, and nothing is done by halves. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ChangedMachine } from '../fixtures/changed-machine.ts';

const mkfs = '/usr/sbin/mkfs.ext4';

describe.skipIf(process.getuid?.() !== 0)('a machine that lacks something (skipped: needs root)', () => {
  it('says which program is missing, and refuses what needs it', async () => {
    const programs = {
      '/usr/bin/mmdebstrap': null,
      '/usr/sbin/debootstrap': null,
      '/usr/sbin/mkfs.ext4': null,
      '/usr/bin/bwrap': null,
    };
    await using machine = await ChangedMachine.make({ programs });
    expect(await machine.holdfast('template', 'build', 'new', '--debian', 'bookworm')).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/neither mmdebstrap nor debootstrap is installed.*\n.*apt install mmdebstrap/),
    });
    expect((await machine.holdfast('template', 'ls')).stdout).not.toContain('new');
    expect(await machine.holdfast('create', '--disk', '32m')).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('mkfs.ext4 is missing: install the package `e2fsprogs`'),
    });
    expect((await machine.holdfast('ps', '--all', '--ids')).stdout.trim().split('\n').filter(Boolean)).toHaveLength(1);
    const doctor = await machine.holdfast('doctor');
    expect(doctor.status).toBe(0);
    expect(doctor.stdout).toContain('Install the package `e2fsprogs`.');
    expect(doctor.stdout).toContain('Install the package `bubblewrap`.');
  });

  it.skipIf(!existsSync(mkfs))(
    'has what was installed since the daemon began (skipped without mkfs.ext4)',
    async () => {
      await using machine = await ChangedMachine.make({ programs: { [mkfs]: null } });
      const small = ['create', '--disk', '32m'];
      expect((await machine.holdfast(...small)).status).toBe(5);
      expect((await machine.holdfast('doctor')).stdout).toContain('Install the package `e2fsprogs`.');
      await machine.install(mkfs);
      expect((await machine.holdfast('doctor')).stdout).not.toContain('e2fsprogs');
      const made = await machine.holdfast(...small);
      expect(made).toMatchObject({ status: 0 });
      expect((await machine.holdfast('rm', made.stdout.trim())).status).toBe(0);
    },
  );

  it.skipIf(!existsSync(mkfs))('makes a disk once that can be made, whether or not doctor looked', async () => {
    await using machine = await ChangedMachine.make({ programs: { [mkfs]: null } });
    expect((await machine.holdfast('create', '--disk', '32m')).status).toBe(5);
    await machine.install(mkfs);
    const made = await machine.holdfast('create', '--disk', '32m');
    expect(made).toMatchObject({ status: 0 });
    expect((await machine.holdfast('rm', made.stdout.trim())).status).toBe(0);
  });

  it('makes no sandbox by a launcher that is not there', async () => {
    await using machine = await ChangedMachine.make({ programs: { '/usr/bin/bwrap': null } });
    await machine.serve('--launcher', 'bwrap');
    expect(await machine.holdfast('create')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('install the package `bubblewrap`'),
    });
    expect((await machine.holdfast('ps', '--ids')).stdout).toBe('');
    expect(await machine.holdfast('doctor')).toMatchObject({
      stdout: expect.stringContaining('bubblewrap is not on the PATH: install the package `bubblewrap`'),
    });
  });

  it('says that no user namespace can be made, and how it could', async () => {
    await using machine = await ChangedMachine.make({ withoutUserNamespaces: true });
    const why = /make a user namespace[\s\S]*user\.max_user_namespaces/;
    expect(await machine.holdfast('doctor')).toMatchObject({ status: 5, stdout: expect.stringMatching(why) });
    const refused = await machine.holdfast('create', '--json');
    expect(refused.status).toBe(5);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'capability-missing' } });
    expect(refused.stdout).toMatch(why);
  });
});
