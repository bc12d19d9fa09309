/**
 * How fast this processor's time-stamp counter runs. An emulated guest counts with the same counter and, on a machine
 * without the old timers, has nothing to measure it by: it must be told, or it hangs or is off.
 */
import { runProcess, type Scope } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';

const slowestKhz = 100_000;
const fastestKhz = 20_000_000;

/** @param binary the guest binary, whose `clock` measures it in 60 ms */
export async function measureClockKhz(binary: string, scope: Scope): Promise<number> {
  let text = '';
  const { status } = await runProcess(
    {
      file: binary,
      args: ['clock'],
      onStdout: (chunk) => {
        text += chunk.toString('latin1');
      },
    },
    scope,
  );
  const khz = Number(text.trim());
  if (status === 0 && Number.isInteger(khz) && khz >= slowestKhz && khz <= fastestKhz) return khz;
  throw new HoldfastError('capability-missing', `the processor's time-stamp counter could not be measured (${text})`, {
    hint: 'Virtual machines need an x86-64 processor with a constant counter.',
  });
}
