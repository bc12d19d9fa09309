export { type Certificate, dayMs, parseCertificate, usualValidDays } from './certificate.ts';
export { type Bundle, type Gate, mayShip } from './gate.ts';
export { junitOf } from './junit.ts';
export type { Check } from './verdicts.ts';
export { verify } from './verify.ts';
