/** What is used of the npm package `@daytonaio/sdk`, as it documents it: it is no dependency of ours, so its types are not here. */

export interface DaytonaPackage {
  Daytona: new () => {
    create(parameters: { snapshot?: string; ephemeral: true }, options: { timeout: number }): Promise<DaytonaSandbox>;
  };
}

export interface DaytonaSandbox {
  id: string;
  process: {
    executeCommand(
      command: string,
      cwd: string | undefined,
      environment: Record<string, string> | undefined,
      timeoutSeconds: number,
    ): Promise<{ exitCode?: number; result?: string }>;
  };
  fs: {
    uploadFile(data: Buffer, path: string): Promise<void>;
    downloadFile(path: string): Promise<Uint8Array>;
  };
  delete(): Promise<void>;
}
