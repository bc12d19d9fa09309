/** What the command line needs of policies without a daemon; importable without the rest of the room. */
export { explainPolicy } from './explain.ts';
export { parsePolicyFile } from './file.ts';
