/** The sections of a contract and of a profile, in the order in which people read them. */
export const sections = [
  'identity',
  'shell',
  'userland',
  'environment',
  'exec',
  'tools',
  'latency',
  'failures',
  'filesystem',
  'snapshot',
  'network',
  'clock',
  'resources',
  'lifecycle',
  'browser',
  'model',
] as const;
export type Section = (typeof sections)[number];
