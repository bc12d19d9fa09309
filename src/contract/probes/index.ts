export { loadPrograms, type Programs } from './programs.ts';
