/**
 * Who does the file store's tree work: the launcher, which is there already and costs no new process; and for streams
 * that may wait for a slow reader, a process of their own, so that they hold up nobody else.
 */
import type { NamespaceSubstrate } from '../compute/index.ts';
