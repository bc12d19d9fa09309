export { type InitialRequest, initialContract } from './initial.ts';
export { toolTerm, toolTerms } from './tools.ts';
