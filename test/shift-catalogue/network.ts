/** What can be reached, how a denial looks, and time, which is met in the same place. */
import type { Mutation } from './mutation.ts';

/** A file of the system's stands where the sandbox's own was led to, with what that says and a line more. */
const hosts = (line: string): string =>
  `cat /etc/hosts >/tmp/hosts && rm -f /etc/hosts && mv /tmp/hosts /etc/hosts && echo '${line}' >>/etc/hosts`;

export const network: readonly Mutation[] = [
  {
    id: 'network-with-policy',
    what: 'a policy lets one host through: a resolver, a proxy, an authority',
    names: ['environment.proxy', 'environment.', 'network.', 'failures.', 'filesystem.', 'userland.'],
    create: { network: { allow: [{ host: 'example.org' }] } },
  },
  {
    id: 'denial-not-permitted',
    what: 'a connection that is not allowed ends with EPERM',
    names: ['network.reach-address', 'network.', 'failures.'],
    preload: 'connect-not-permitted',
    quick: true,
  },
  {
    id: 'denial-silent',
    what: 'a connection that is not allowed is never answered',
    names: ['network.reach-address', 'network.', 'failures.'],
    preload: 'connect-silent',
  },
  {
    id: 'denial-refused',
    what: 'a connection that is not allowed is refused',
    names: ['network.reach-address', 'network.', 'failures.'],
    preload: 'connect-refused',
    quick: true,
  },
  {
    id: 'loopback-closed',
    what: 'nothing listens on loopback for long: listen fails',
    names: ['network.loopback-server'],
    preload: 'no-listening',
    quick: true,
  },
  {
    id: 'resolver-options',
    what: 'the resolver has a search domain and waits for five dots',
    names: ['network.resolver-options'],
    layer: { script: `printf 'nameserver 127.0.0.1\\nsearch internal.example\\noptions ndots:5\\n' >/etc/resolv.conf` },
    quick: true,
  },
  {
    id: 'resolver-elsewhere',
    what: 'two resolvers in a private network',
    names: ['network.resolvers', 'network.', 'failures.'],
    instead: { top: 'network.resolver-options', why: 'they have other options besides' },
    layer: {
      script: `printf 'nameserver 10.0.0.2\\nnameserver 10.0.0.3\\noptions timeout:1 attempts:1\\n' >/etc/resolv.conf`,
    },
  },
  {
    id: 'localhost-elsewhere',
    what: 'localhost is another address of loopback',
    names: ['network.localhost'],
    layer: { script: `rm -f /etc/hosts && echo '127.0.0.2 localhost' >/etc/hosts` },
    quick: true,
  },
  {
    id: 'public-name-resolves',
    what: 'a public name resolves',
    names: ['network.name-lookup', 'network.'],
    layer: { script: hosts('192.0.2.1 example.com') },
    quick: true,
  },
  {
    id: 'unknown-name-resolves',
    what: 'a name that does not exist resolves to a page of the provider',
    names: ['network.unknown-name', 'failures.network-name'],
    layer: { script: hosts('192.0.2.7 name.invalid') },
    quick: true,
  },
  {
    id: 'certificates-few',
    what: 'one certificate authority instead of none or many',
    names: ['network.certificates', 'filesystem.etc'],
    layer: {
      script:
        'mkdir -p /etc/ssl/certs && rm -f /etc/ssl/certs/ca-certificates.crt && ' +
        `printf -- '-----BEGIN CERTIFICATE-----\\n' >/etc/ssl/certs/ca-certificates.crt`,
    },
    quick: true,
  },
  {
    id: 'clock-ahead',
    what: 'the clock is an hour ahead',
    names: ['clock.skew'],
    preload: 'clock-ahead',
    quick: true,
  },
  {
    id: 'clock-stands',
    what: 'the clock stands still',
    names: ['clock.runs', 'clock.'],
    preload: 'clock-stands',
    quick: true,
  },
  {
    id: 'zone-by-file',
    what: 'the system’s time zone is Tokyo’s',
    names: ['clock.zone', 'clock.'],
    layer: { script: 'rm -f /etc/localtime && ln -s /usr/share/zoneinfo/Asia/Tokyo /etc/localtime' },
    quick: true,
  },
  {
    id: 'zones-missing',
    what: 'other time zones are not known',
    names: ['clock.zone-data'],
    layer: { script: 'rm -rf /usr/share/zoneinfo' },
    quick: true,
  },
  {
    id: 'random-repeats',
    what: 'random bytes are the same at every reading, and in every fork',
    names: ['clock.entropy', 'snapshot.entropy', 'userland.mktemp'],
    preload: 'random-repeats',
  },
];
