/** What can be reached, and how a denial looks; and time, which programs often meet in the same place. */
import { type FieldSpec, fieldsOf } from './field.ts';

const reach = 'downloads work or fail, and fail in another way';

export const networkFields: readonly FieldSpec[] = fieldsOf([
  ['network.interfaces', 'set', 'kinds of network interfaces', 'programs bind to another address'],
  ['network.default-route', 'exact', 'whether there is a way out by address', reach],
  ['network.ipv6', 'exact', 'whether IPv6 is there', 'connections hang before they fall back'],
  ['network.resolvers', 'exact', 'how many resolvers, and of which kind', 'names resolve elsewhere, or not'],
  [
    'network.resolver-options',
    'set',
    'options and search domains of the resolver',
    'short names resolve differently, time-outs differ',
  ],
  ['network.localhost', 'exact', 'what localhost is', 'servers and clients miss each other'],
  ['network.name-lookup', 'exact', 'what becomes of a public name', reach],
  ['network.unknown-name', 'exact', 'what becomes of a name that does not exist', 'a typo looks like an outage'],
  ['network.reach-address', 'exact', 'how a public address answers', reach],
  ['network.reach-private', 'exact', 'how a private address answers', 'internal systems are within reach'],
  [
    'network.reach-metadata',
    'exact',
    'how the cloud’s metadata address answers',
    'credentials of the machine are within reach',
  ],
  [
    'network.metadata-addresses',
    'set',
    'how further metadata addresses of clouds answer',
    'credentials of the machine are within reach',
  ],
  [
    'network.datagrams',
    'exact',
    'what becomes of a datagram to a public address',
    'lookups and calls over UDP are lost',
  ],
  ['network.reach-closed', 'exact', 'how a closed port of this machine answers', 'waiting for a server goes wrong'],
  ['network.reach-https', 'exact', 'how a public web server answers', reach],
  ['network.loopback-server', 'exact', 'whether a server on loopback can be reached', 'test servers do not work'],
  ['network.low-port', 'exact', 'whether a port below 1024 may be taken', 'servers on port 80 fail'],
  ['network.raw-socket', 'exact', 'whether raw sockets may be opened', 'ping and scanners fail'],
  [
    'network.certificates',
    'exact',
    'where certificate authorities stand, and whether they are the usual many',
    'TLS connections are refused',
  ],
  ['clock.zone', 'exact', 'time zone and its offset', 'times of day in output are off by hours'],
  ['clock.zone-data', 'exact', 'whether other time zones are known', 'programs fall back to UTC'],
  ['clock.skew', 'exact', 'distance from the prober’s clock, by class', 'certificates and tokens are not valid'],
  ['clock.runs', 'exact', 'whether time goes on', 'programs that wait never end'],
  ['clock.format', 'exact', 'how date prints a known instant', 'dates in output are read wrongly'],
  ['clock.source', 'exact', 'clock the kernel uses', 'reading the time is slow'],
  ['clock.resolution', 'exact', 'finest step that date shows', 'short times cannot be measured'],
  ['clock.may-set', 'exact', 'whether the clock may be set', 'tests that shift time fail'],
  ['clock.entropy', 'exact', 'whether random bytes differ from reading to reading', 'keys and ids repeat'],
  ['clock.hash-seed', 'exact', 'whether Python’s hashes differ from run to run', 'order of sets is fixed, or changes'],
]);
