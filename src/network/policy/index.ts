export { type AddressVerdict, checkAddress } from './addresses.ts';
export { type CompileOptions, compilePolicy } from './compile.ts';
export { complies, type Open } from './complies.ts';
export { malformedHost } from './decisions.ts';
export { type HostReading, isCanonicalHost, normaliseHost } from './names.ts';
export { overridingHeaders } from './paths.ts';
export type { PresetRules, RuleLines } from './rules.ts';
