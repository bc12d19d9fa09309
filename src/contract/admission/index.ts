export { type Ceiling, CeilingGate, ceilingsOf, type GateState } from './gate.ts';
