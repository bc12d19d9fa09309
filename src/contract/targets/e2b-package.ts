/** What is used of the npm package `e2b`, as it documents it: it is no dependency of ours, so its types are not here. */

export interface E2bPackage {
  Sandbox: {
    create(template: string, options: CreateOptions): Promise<E2bSandbox>;
    create(options: CreateOptions): Promise<E2bSandbox>;
  };
}

interface CreateOptions {
  timeoutMs: number;
}

export interface E2bSandbox {
  sandboxId: string;
  commands: {
    run(command: string, options: RunOptions & { background: true; stdin: true }): Promise<E2bHandle>;
    run(command: string, options: RunOptions): Promise<E2bResult>;
  };
  files: {
    write(path: string, data: ArrayBuffer): Promise<unknown>;
    read(path: string, options: { format: 'bytes' }): Promise<Uint8Array>;
  };
  kill(): Promise<unknown>;
}

export interface RunOptions {
  timeoutMs: number;
  cwd?: string;
  envs?: Record<string, string>;
  onStdout(text: string): void;
  onStderr(text: string): void;
}

interface E2bHandle {
  sendStdin(data: Uint8Array): Promise<void>;
  closeStdin(): Promise<void>;
  wait(): Promise<E2bResult>;
}

export interface E2bResult {
  exitCode?: number;
  /** e.g. `signal: killed`. */
  error?: string;
  stdout: string;
  stderr: string;
}
