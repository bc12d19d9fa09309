/** What presets ask of the host. Injected, so that they are pure; host-reader.ts is the real one. */
export interface PresetReader {
  environment: Readonly<Record<string, string | undefined>>;
  /** Found by the environment's PATH; null when there is no such program. `more` is added to its environment. */
  run(file: string, args: readonly string[], more?: Record<string, string>): Promise<ProgramOutput | null>;
  /** Null when there is no such file. */
  read(path: string): Promise<Buffer | null>;
  /** Names in a directory, sorted; none when there is no such directory. */
  list(path: string): Promise<string[]>;
  /** One page, from this host. Rejects when nobody answers. */
  fetch(url: string): Promise<{ status: number; url: string; text: string }>;
  /** Every address of a name, as this host sees it; none when it does not resolve. */
  resolve(host: string): Promise<string[]>;
}

export interface ProgramOutput {
  status: number | null;
  stdout: string;
  stderr: string;
}
