/** What /run/holdfast/generation holds from a restore on: another word at each, which no incarnation is. */
import { systemRandom } from '../base/index.ts';

export const newGeneration = (): string => Buffer.from(systemRandom(16)).toString('hex');
