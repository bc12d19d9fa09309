/** Signal names and numbers of Linux on x86-64 and arm64, which agree. Real-time signals are SIGRTMIN+n. */
import { HoldfastError } from '../schema/index.ts';
import { protocolError } from './frames.ts';

/** At index n - 1 stands signal n. */
const names = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
] as const;
const firstRealTime = 34;
const lastSignal = 64;

/** @param signal a name with or without `SIG`, or a number */
export function signalNumber(signal: string | number): number {
  if (typeof signal === 'number') {
    if (Number.isInteger(signal) && signal >= 1 && signal <= lastSignal) return signal;
  } else {
    const upper = signal.toUpperCase();
    const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
    const index = names.indexOf(name as (typeof names)[number]);
    if (index >= 0) return index + 1;
    const realTime = /^SIGRTMIN(?:\+(\d{1,2}))?$/.exec(name);
    const number = realTime ? firstRealTime + Number(realTime[1] ?? 0) : 0;
    if (number >= firstRealTime && number <= lastSignal) return number;
  }
  throw new HoldfastError('invalid-argument', `${JSON.stringify(signal)} is not a signal`, {
    hint: `Use a name such as SIGTERM, SIGKILL or SIGINT, or a number from 1 to ${lastSignal}.`,
  });
}

/** The name of a signal the guest reported. */
export function signalName(number: number): string {
  const name = names[number - 1];
  if (name) return name;
  if (number < firstRealTime || number > lastSignal) throw protocolError(`the guest reported a signal ${number}`);
  return number === firstRealTime ? 'SIGRTMIN' : `SIGRTMIN+${number - firstRealTime}`;
}
