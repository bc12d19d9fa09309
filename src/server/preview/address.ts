/**
 * Host names of previews: `<label>.<domain>[:port]`, one per preview, so that a browser keeps what it stores for each apart
 * from all others. Every name below `localhost` is this machine, for browsers and for curl.
 */
import { HoldfastError } from '../../schema/index.ts';

export interface PreviewDomain {
  scheme: 'http' | 'https';
  name: string;
  /** Null: that of the listener. */
  port: number | null;
}

export interface PreviewPlace {
  readonly scheme: 'http' | 'https';
  hostOf(label: string): string;
  originOf(label: string): string;
  /** Null when the host is not exactly that of a preview. */
  labelOf(host: string): string | null;
}

export const defaultDomain: PreviewDomain = { scheme: 'http', name: 'localhost', port: null };

const labelPattern = /^[a-z2-7]{26}$/;
const usualPorts = { http: 80, https: 443 } as const;

/** `preview.example.com` is reached at the listener's port; `https://preview.example.com` is behind a proxy of yours. */
export function parsePreviewDomain(text: string): PreviewDomain {
  const [, scheme, name, port] =
    /^(?:(https?):\/\/)?((?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (name === undefined || Number(port ?? 1) > 65_535 || Number(port ?? 1) < 1 || /^[\d.]+$/.test(name)) {
    throw new HoldfastError('invalid-argument', `--preview-domain does not take "${text}"`, {
      hint: 'It takes a name whose subdomains lead here: preview.example.com, or https://preview.example.com.',
    });
  }
  const known = scheme?.toLowerCase() === 'https' ? 'https' : 'http';
  const usual = scheme === undefined ? null : usualPorts[known];
  return { scheme: known, name: name.toLowerCase(), port: port === undefined ? usual : Number(port) };
}

export function placeOf({ scheme, name, port }: PreviewDomain, listenerPort: number): PreviewPlace {
  const publicPort = port ?? listenerPort;
  const suffix = `.${name}${publicPort === usualPorts[scheme] ? '' : `:${publicPort}`}`;
  return {
    scheme,
    hostOf: (label) => label + suffix,
    originOf: (label) => `${scheme}://${label}${suffix}`,
    labelOf(host) {
      const lower = host.toLowerCase();
      const label = lower.endsWith(suffix) ? lower.slice(0, -suffix.length) : '';
      return labelPattern.test(label) ? label : null;
    },
  };
}
