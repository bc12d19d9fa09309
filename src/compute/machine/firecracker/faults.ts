/**
 * What Firecracker refused, as an error of ours: what, whose fault, whether again, and what to do.
 *
 * Firecracker answers 400 for everything and tells cases apart by text alone. The beginnings used here are its
 * categories, the same since 1.0; what is behind them changes from version to version and is only shown.
 */
import { type ErrorCode, HoldfastError } from '../../../schema/index.ts';

interface Case {
  matches: RegExp;
  code: ErrorCode;
  hint: string;
}

const madeAnew =
  'It belongs to another Firecracker, processor or machine, or was damaged; it is made anew when tried again.';
const otherVersion =
  'This version does not know what was asked of it; install a newer Firecracker, or remove it to use QEMU.';
const outOfOrder = 'This is a mistake of Holdfast; please report it with this message.';

/** The first that matches; causes before the categories they can occur in. */
const cases: readonly Case[] = [
  { matches: /\(os error (28|122)\)/, code: 'host-disk-full', hint: 'Make room below HOLDFAST_HOME.' },
  {
    matches: /\(os error 12\)/,
    code: 'launch-failed',
    hint: 'This host has no memory left for another machine; end some, or ask for a smaller one.',
  },
  {
    matches: /\/dev\/kvm|\bkvm error\b|Error creating KVM object/i,
    code: 'capability-missing',
    hint: 'KVM cannot be used; `holdfast doctor` says why.',
  },
  {
    matches: /^(An error occurred when deserializing the json body|Invalid request method and\/or path)/,
    code: 'capability-missing',
    hint: otherVersion,
  },
  {
    matches:
      /^(The requested operation is not supported (before|after) starting|.*not allowed after configuring boot-specific)/,
    code: 'internal',
    hint: outOfOrder,
  },
  { matches: /save\/restore unavailable while running/, code: 'internal', hint: outOfOrder },
  { matches: /^Load (microVM )?snapshot error/, code: 'snapshot-corrupt', hint: madeAnew },
  { matches: /^Machine config error/, code: 'limit-unsupported', hint: 'Ask for fewer processors or less memory.' },
];

export function refusal(call: string, status: number, fault: string): HoldfastError {
  const said = printable(fault);
  const found = cases.find(({ matches }) => matches.test(said));
  return new HoldfastError(found?.code ?? 'launch-failed', `Firecracker refused ${call}: ${said}`, {
    hint: found?.hint ?? '`holdfast doctor` says what works on this machine.',
    details: { status },
  });
}

/** The connection ended before the answer did. */
export function brokenOff(call: string, cause: unknown): HoldfastError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HoldfastError('launch-failed', `Firecracker did not answer ${call}: ${printable(why)}`, {
    cause,
    hint: 'It ended or was cut off; destroy the sandbox and create another.',
  });
}

export function notDocumented(call: string, what: string): HoldfastError {
  return new HoldfastError('launch-failed', `Firecracker answered ${call} with ${what}`, {
    hint: 'That is not in its API: another program, or one that was taken over. Destroy the sandbox.',
  });
}

/** A guest may have had a hand in it: no control characters, no end of its own. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500);
}
