/** What a requirement of the shared suite is, and what it works with. */
import type { ExecInput, ExecResult, HoldfastService, Isolation, Sandbox } from '../../src/schema/index.ts';

export interface Bench {
  service: HoldfastService;
  isolation: Isolation;
  box(input?: Parameters<HoldfastService['createSandbox']>[0]): Promise<Sandbox>;
  run(ref: string, input: Partial<ExecInput> & { argv: string[] }): Promise<ExecResult>;
  sh(ref: string, command: string, input?: Partial<ExecInput>): Promise<ExecResult>;
}

export type Requirement = [id: string, claim: string, body: (bench: Bench) => Promise<void>];

export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
