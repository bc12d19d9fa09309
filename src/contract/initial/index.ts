export { initialContract } from './initial.ts';
export { toolTerms } from './tools.ts';
