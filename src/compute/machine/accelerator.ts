/**
 * Which accelerator runs guests here, found out by running one (probe-rom.S) with a deadline. What passes is tried once more, with
 * a kernel (kernel-check.ts).
 *
 * 1. /dev/kvm being there proves nothing: on some machines guests under it hang. A guest that does not come through all
 *    of the ROM in time is killed, and the verdict is emulation (TCG), with the reason.
 * 2. The verdict is kept with what it depends on: this boot, this QEMU, this kernel, this ROM. One that rests on silence is tried
 *    once more at the next start: a machine that was busy once must not be slow until its next boot.
 * 3. No guest outlives its probe, nor the program that started it.
 */
import { createHash } from 'node:crypto';
import {
  bootId,
  constants,
  dirname,
  findProgram,
  join,
  machineFacts,
  makeDirectories,
  open,
  readFileIfPresent,
  runProcess,
  type Scope,
  writeFile,
  writeFileAtomic,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { probeCode, probeLetters, probeRom } from './probe-rom.ts';
import type { Qemu } from './qemu.ts';

export type Accelerator = 'kvm' | 'tcg';

export interface AcceleratorVerdict {
  accelerator: Accelerator;
  /** Why it is not KVM; null when it is. */
  notice: string | null;
  /** What to do about that. */
  fix: string | null;
  /** What of this machine's processor the hypervisor refuses to set for a guest; absent: nothing. */
  cpuWithout?: 'arch-capabilities';
}

/** A guest under working KVM is through the ROM in a few milliseconds; QEMU itself takes 50 to start. */
const deadlineMs = 600;
/** For whoever keeps the deadline to be noticed. */
const graceMs = 5000;
/** How timeout(1) tells what ended its program. */
const [killedByTimeout, abortedUnderTimeout] = [128 + 9, 128 + 6];

export async function findAccelerator(qemu: Qemu, directory: string, scope: Scope): Promise<AcceleratorVerdict> {
  const file = join(directory, 'accelerator.json');
  const facts = await machineFacts('/');
  const key = [bootId(), qemu.digest, facts.kernel, createHash('sha256').update(probeCode).digest('hex')].join(' ');
  return await keptVerdict(file, key, () => prove(qemu, directory, scope));
}

export interface Trial {
  verdict: AcceleratorVerdict;
  /** It rests on a guest that was too late, which also one on a busy machine may be. */
  isSilent: boolean;
}

/** What `file` says for this key, else what `find` finds, which is kept there; silence is believed when it was found twice. */
export async function keptVerdict(file: string, key: string, find: () => Promise<Trial>): Promise<AcceleratorVerdict> {
  const kept = await readVerdict(file, key);
  if (kept && kept.silences !== 1) return kept.verdict;
  await makeDirectories(dirname(file));
  const { verdict, isSilent } = await find();
  const silences = isSilent ? (kept?.silences ?? 0) + 1 : 0;
  await writeFileAtomic(file, JSON.stringify({ key, ...verdict, silences }));
  return verdict;
}

async function readVerdict(
  file: string,
  key: string,
): Promise<{ verdict: AcceleratorVerdict; silences: number } | null> {
  const text = await readFileIfPresent(file);
  if (text === null) return null;
  try {
    // Written below; what does not hold the key is not used.
    const kept = JSON.parse(text) as AcceleratorVerdict & { key: string; silences: number };
    if (kept.key !== key) return null;
    const { notice, fix, cpuWithout, silences } = kept;
    const accelerator = kept.accelerator === 'kvm' ? 'kvm' : 'tcg';
    const verdict = {
      accelerator,
      notice,
      fix,
      ...(cpuWithout === 'arch-capabilities' ? { cpuWithout } : {}),
    } as const;
    return { verdict, silences };
  } catch {
    return null;
  }
}

async function prove(qemu: Qemu, directory: string, scope: Scope): Promise<Trial> {
  const closed = await openKvm();
  if (closed) return { verdict: { accelerator: 'tcg', ...closed }, isSilent: false };
  const rom = join(directory, 'probe.rom');
  await writeFile(rom, probeRom(), { mode: 0o644 });
  const first = await tryKvm(qemu, rom, 'host', deadlineMs, scope);
  // Some hypervisors refuse to set this one register; everything else may work.
  const outcome = first.aborted ? await tryKvm(qemu, rom, 'host,-arch-capabilities', deadlineMs, scope) : first;
  if (outcome.letters !== probeLetters || outcome.isLate) {
    return { verdict: unusableKvm(meaningOf(outcome)), isSilent: outcome.isLate };
  }
  const without = first.aborted ? ({ cpuWithout: 'arch-capabilities' } as const) : {};
  return { verdict: { accelerator: 'kvm', notice: null, fix: null, ...without }, isSilent: false };
}

/** @param what a guest under it does */
export function unusableKvm(what: string): AcceleratorVerdict {
  return { accelerator: 'tcg', notice: `/dev/kvm is there, but ${what}`, fix: fixOfHanging };
}

const fixOfHanging =
  'Run it on a host whose hypervisor offers nested virtualisation, or on bare metal; until then guests are emulated, several times slower.';

async function openKvm(): Promise<{ notice: string; fix: string } | null> {
  try {
    await (await open('/dev/kvm', constants.O_RDWR)).close();
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EACCES' || code === 'EPERM') {
      return {
        notice: '/dev/kvm may not be opened by this user',
        fix: 'Run `usermod -aG kvm USER` for the user of the daemon and start it anew.',
      };
    }
    return {
      notice: 'there is no /dev/kvm',
      fix: 'Enable virtualisation in the firmware (or nested virtualisation in the hypervisor) and load kvm_intel or kvm_amd.',
    };
  }
}

interface Outcome {
  letters: string;
  isLate: boolean;
  aborted: boolean;
}

async function tryKvm(qemu: Qemu, rom: string, cpu: string, timeoutMs: number, scope: Scope): Promise<Outcome> {
  const args = `-M microvm -accel kvm -m 16 -nodefaults -no-user-config -display none -no-reboot -serial stdio`;
  await using limit = scope.child({ name: 'try /dev/kvm', timeoutMs: timeoutMs + graceMs });
  let letters = '';
  try {
    const guest = await boundToUs(qemu.program, [...args.split(' '), '-cpu', cpu, '-bios', rom]);
    const ended = await runProcess(
      {
        ...(await heldTo(timeoutMs, guest)),
        onStdout: (chunk) => {
          letters = (letters + chunk.toString('latin1')).slice(0, 64);
        },
      },
      limit,
    );
    const isLate = ended.status === killedByTimeout || ended.signal === 'SIGKILL';
    return { letters, isLate, aborted: ended.status === abortedUnderTimeout || ended.signal === 'SIGABRT' };
  } catch (error) {
    scope.throwIfEnded();
    if (limit.signal.aborted) return { letters, isLate: true, aborted: false };
    throw error;
  }
}

async function heldTo(timeoutMs: number, guest: { file: string; args: string[] }): Promise<typeof guest> {
  const [timeout = '', ...args] = await timeKeeper(timeoutMs);
  return await boundToUs(timeout, [...args, guest.file, ...guest.args]);
}

/** A program that keeps the time of the one behind it: this process may be busy with other things for longer than a guest may take. */
export async function timeKeeper(timeoutMs: number): Promise<string[]> {
  const timeout = await findProgram('timeout');
  if (timeout) return [timeout, '-s', 'KILL', String(timeoutMs / 1000)];
  throw new HoldfastError('capability-missing', 'the program timeout(1) is missing', {
    hint: 'Install it: apt install coreutils',
  });
}

/** QEMU does not notice that whoever started it died; the kernel does. */
export async function boundToUs(file: string, args: readonly string[]): Promise<{ file: string; args: string[] }> {
  const setpriv = await findProgram('setpriv');
  return setpriv ? { file: setpriv, args: ['--pdeathsig', 'KILL', file, ...args] } : { file, args: [...args] };
}

/** How far the guest came says what is wrong. */
function meaningOf({ letters, isLate }: Outcome): string {
  if (!isLate && letters === '') return 'QEMU could not start a guest with it';
  if (letters === '') return `a guest said nothing in ${deadlineMs} ms`;
  if (letters === probeLetters.slice(0, -1)) {
    return `a guest's kernel code runs by emulation: a million instructions took more than ${deadlineMs} ms`;
  }
  return `a guest came to ${JSON.stringify(letters)} of ${JSON.stringify(probeLetters)} and hung`;
}
