/** `host:port` as clients write it, taken apart without a URL parser's helpfulness. */

export interface Authority {
  /** As written, brackets of an IPv6 address taken off; not normalised yet. */
  host: string;
  port: number;
}

const pattern = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([^:@[\]/?#\\\s]{1,255}))(?::([0-9]{1,5}))?$/;

/** Null when it is none, names a user, or its port is absent without a default or none. */
export function readAuthority(text: string, defaultPort?: number): Authority | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const host = match[1] ?? match[2] ?? '';
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  return port === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

/** How it stands in a request line or a Host header. */
export const writeAuthority = ({ host, port }: Authority): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
