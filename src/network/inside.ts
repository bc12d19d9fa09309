/** What a sandbox with a network finds inside: files to trust and to resolve by, and variables for what reads neither. */
import type { ExpandedPreset, proxyVariables } from '../schema/index.ts';

/** Where the host writes through the agent; links of every template lead here (filesystem/template-frame.ts). */
export const trustDirectory = '/run/holdfast/trust';
export const proxyPort = 3128;
export const socksPort = 1080;
export const resolverAddress = { address: '127.0.0.1', port: 53 } as const;

const bundle = `${trustDirectory}/ca-certificates.crt`;
const own = `${trustDirectory}/ca.crt`;
const proxy = `http://127.0.0.1:${proxyPort}`;

/**
 * Both spellings: curl ignores HTTP_PROXY, others read nothing else. SOCKS is there, but many clients break on it here. None
 * for node and java, which connect by name: NODE_USE_ENV_PROXY covers a part of what node does and hides why something is
 * denied, JAVA_TOOL_OPTIONS makes every JVM write to stderr.
 */
const proxied: Readonly<Record<(typeof proxyVariables)[number], string>> = {
  http_proxy: proxy,
  https_proxy: proxy,
  HTTP_PROXY: proxy,
  HTTPS_PROXY: proxy,
  no_proxy: 'localhost,127.0.0.1,::1',
  NO_PROXY: 'localhost,127.0.0.1,::1',
};

/** For what does not read the system's bundle. */
const trusting: Readonly<Record<string, string>> = {
  SSL_CERT_FILE: bundle,
  CURL_CA_BUNDLE: bundle,
  GIT_SSL_CAINFO: bundle,
  REQUESTS_CA_BUNDLE: bundle,
  PIP_CERT: bundle,
  npm_config_cafile: bundle,
  CARGO_HTTP_CAINFO: bundle,
  AWS_CA_BUNDLE: bundle,
  HTTPLIB2_CA_CERTS: bundle,
  CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: bundle,
  GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: bundle,
  NIX_SSL_CERT_FILE: bundle,
  DENO_CERT: own,
  NODE_EXTRA_CA_CERTS: own,
};

/** A call's and the sandbox's own variables stand above these. */
export function networkEnvironment(more: Readonly<Record<string, string>>): Record<string, string> {
  return { ...proxied, ...trusting, ...more };
}

export interface TrustFile {
  path: string;
  content: Uint8Array;
}

/** What presets bring; names begin with the preset's. */
export function presetFiles({ files }: ExpandedPreset): TrustFile[] {
  return files.map(({ name, base64 }) => ({
    path: `${trustDirectory}/${name}`,
    content: new Uint8Array(Buffer.from(base64, 'base64')),
  }));
}

export function trustFiles(trust: { bundle: string; certificate: string; javaStore: Uint8Array }): TrustFile[] {
  const file = (name: string, content: string | Uint8Array): TrustFile => ({
    path: `${trustDirectory}/${name}`,
    content: typeof content === 'string' ? new TextEncoder().encode(content) : content,
  });
  return [
    file('ca-certificates.crt', trust.bundle),
    file('ca.crt', trust.certificate),
    file('cacerts', trust.javaStore),
  ];
}
