export {
  type Certificate,
  dayMs,
  parseCertificate,
  usualValidDays,
} from './certificate.ts';
export { type Bundle, type Gate, type GateRequest, mayShip } from './gate.ts';
export { junitOf } from './junit.ts';
export { type Check, type Verdict, verdicts } from './verdicts.ts';
export { type VerifyRequest, verify } from './verify.ts';
