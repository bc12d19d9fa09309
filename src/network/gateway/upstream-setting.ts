/** The upstream proxy as people write it: `http://user:password@proxy.example:3128`, `socks5://10.0.0.1:1080`. */
import { HoldfastError } from '../../schema/index.ts';
import { parseRange } from '../policy/ip.ts';
import { normaliseHost } from '../policy/names.ts';
import type { GatewaySettings } from './protocol.ts';

const kinds = { 'http:': { kind: 'http', port: 80 }, 'socks5:': { kind: 'socks5', port: 1080 } } as const;

/**
 * @param except as NO_PROXY: names with all below them, addresses, CIDR ranges, separated by commas, or `*`
 * @throws HoldfastError `invalid-argument`
 */
export function readUpstreamProxy(text: string, except = ''): NonNullable<GatewaySettings['upstreamProxy']> {
  const url = URL.parse(text);
  const known = Object.entries(kinds).find(([protocol]) => protocol === url?.protocol)?.[1];
  if (!url || !known || url.hostname === '' || !['', '/'].includes(url.pathname) || url.search !== '') {
    throw new HoldfastError(
      'invalid-argument',
      'the upstream proxy is no http:// or socks5:// URL of a host and a port',
      {
        hint: 'For example http://proxy.example:3128.',
      },
    );
  }
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  if (Buffer.byteLength(user) > 255 || Buffer.byteLength(password) > 255) {
    throw new HoldfastError('invalid-argument', "the upstream proxy's user name or password is longer than 255 bytes");
  }
  return {
    kind: known.kind,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? known.port : Number(url.port),
    credentials: user === '' && password === '' ? null : { user, password },
    except: except
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .map(readException),
  };
}

/** In the spelling in which hosts are compared. One label alone has all hosts below it. */
function readException(text: string): string {
  if (text === '*' || parseRange(text)) return text;
  const [, dot = '', bare = ''] = /^(\*?\.)?(.*)$/s.exec(text) ?? [];
  const isLabel = /^[^.:[\]]+$/.test(bare);
  const reading = normaliseHost(isLabel ? `a.${bare}` : bare);
  if (reading.ok) return `${dot === '' ? '' : '.'}${isLabel ? reading.host.slice('a.'.length) : reading.host}`;
  throw new HoldfastError('invalid-argument', `"${text}" is no exception of the upstream proxy: ${reading.reason}`, {
    hint: 'Say a name (with all below it), an address, a range like 10.0.0.0/8, or * for everything.',
  });
}
