/** Narration goes to stderr or the daemon's log file as JSON lines; stdout is data and never written here. */
import { type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export function createLog(options: { level?: string; fd?: number } = {}): Log {
  return pino({ level: options.level ?? 'info', base: null }, pino.destination({ fd: options.fd ?? 2, sync: true }));
}

export const silentLog: Log = pino({ level: 'silent' });
