export { type Certificate, dayMs, type Part, parseCertificate, usualValidDays } from './certificate.ts';
export { type Bundle, type Gate, type GateRequest, mayShip } from './gate.ts';
export { junitOf } from './junit.ts';
export type { Check } from './verdicts.ts';
export { verify } from './verify.ts';
