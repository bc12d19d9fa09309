/** Placeholders become values in a request's target and headers, in declared positions; anywhere else they refuse it. */
import type { Grant, RawHeaders, RequestHead } from '../types.ts';
import { percentEncode } from './encodings.ts';
import { type Keyring, Placing } from './keyring.ts';

export interface PlacedHead {
  target: string;
  headers: RawHeaders;
  owners: number[];
}

/** @throws HoldfastError `forbidden` (`secret-misplaced`) */
export function placeInHead(keyring: Keyring, head: RequestHead, grant: Grant): PlacedHead {
  const { method, target } = head.question;
  keyring.refuseLeft(Buffer.from(method), { words: 'the method', position: null }, grant);
  const placing = new Placing(grant);
  const placed = placeInTarget(keyring, target, placing);
  const headers: RawHeaders = [];
  for (let index = 0; index < head.headers.length; index += 2) {
    const name = head.headers[index] ?? '';
    const value = head.headers[index + 1] ?? '';
    headers.push(name, name === ':path' ? placed : placeInHeader(keyring, { name, value }, placing));
  }
  return { target: placed, headers, owners: placing.owners };
}

function placeInTarget(keyring: Keyring, target: string, placing: Placing): string {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  keyring.refuseLeft(bytesOf(path), { words: "the request's path", position: null }, placing.grant);
  if (mark < 0) return target;
  const parameters = target.slice(mark + 1).split('&');
  return `${path}?${parameters.map((parameter) => placeInParameter(keyring, parameter, placing)).join('&')}`;
}

function placeInParameter(keyring: Keyring, parameter: string, placing: Placing): string {
  const { grant, owners } = placing;
  const equals = parameter.indexOf('=');
  const rawName = equals < 0 ? parameter : parameter.slice(0, equals);
  keyring.refuseLeft(bytesOf(rawName), { words: "a query parameter's name", position: null }, grant);
  if (equals < 0) return parameter;
  const name = formDecode(rawName);
  const value = bytesOf(parameter.slice(equals + 1));
  const spans = keyring.finder.spans(value, { percentTimes: 1, json: false });
  const spliced = keyring.splice(value, spans, (owner) =>
    keyring.takes(owner, placing, (position) => position.kind === 'query' && position.name === name)
      ? Buffer.from(percentEncode(Buffer.from(keyring.secret(owner).value)))
      : null,
  );
  const position = name.length <= 128 ? ({ kind: 'query', name } as const) : null;
  keyring.refuseLeft(spliced.rest, { words: `the query parameter ${JSON.stringify(name)}`, position }, grant);
  owners.push(...spliced.owners);
  return `${rawName}=${spliced.sent.toString('latin1')}`;
}

interface HeaderLine {
  name: string;
  value: string;
}

function placeInHeader(keyring: Keyring, line: HeaderLine, placing: Placing): string {
  const name = line.name.toLowerCase();
  keyring.refuseLeft(bytesOf(name), { words: "a header's name", position: null }, placing.grant);
  const basic = name === 'authorization' ? readBasic(line.value) : null;
  return basic ? placeInBasic(keyring, line.value, basic, placing) : placeInValue(keyring, { ...line, name }, placing);
}

/** @param line its name in lower case */
function placeInValue(keyring: Keyring, { name, value }: HeaderLine, placing: Placing): string {
  const { grant, owners } = placing;
  const bytes = bytesOf(value);
  const spans = keyring.finder.spans(bytes, { percentTimes: 0, json: false });
  const spliced = keyring.splice(bytes, spans, (owner) => {
    if (!keyring.takes(owner, placing, (position) => position.kind === 'header' && position.name === name)) return null;
    const secret = Buffer.from(keyring.secret(owner).value);
    if (!secret.some(isControl)) return secret;
    throw keyring.unfit(
      owner,
      `holds a line break or another control character and cannot stand in the header ${name}`,
      grant,
    );
  });
  const position = /^[a-z0-9-]{1,64}$/.test(name) ? ({ kind: 'header', name } as const) : null;
  keyring.refuseLeft(spliced.rest, { words: `the header ${name}`, position }, grant);
  owners.push(...spliced.owners);
  return spliced.owners.length === 0 ? value : spliced.sent.toString('latin1');
}

interface Basic {
  scheme: string;
  user: Buffer;
  password: Buffer;
}

/** Null when it is none, or not spelled as everybody reads it: then it is a header like others. */
function readBasic(value: string): Basic | null {
  const [, scheme, encoded] = /^(basic +)([A-Za-z0-9+/]+={0,2})[ \t]*$/i.exec(value) ?? [];
  if (scheme === undefined || encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  const colon = bytes.indexOf(':');
  if (colon < 0 || bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) return null;
  return { scheme, user: bytes.subarray(0, colon), password: bytes.subarray(colon + 1) };
}

function placeInBasic(keyring: Keyring, value: string, basic: Basic, placing: Placing): string {
  const { grant, owners } = placing;
  const place = { words: 'basic authentication', position: { kind: 'basic' } as const };
  const replace = (part: Buffer, isUser: boolean): Buffer => {
    const [span] = keyring.finder.spans(part, { percentTimes: 0, json: false });
    const isAll = span !== undefined && span.start === 0 && span.end === part.length;
    if (isAll && keyring.takes(span.owner, placing, (position) => position.kind === 'basic')) {
      const secret = Buffer.from(keyring.secret(span.owner).value);
      if (isUser && secret.includes(':'))
        throw keyring.unfit(span.owner, 'holds a colon and cannot be a user name', grant);
      owners.push(span.owner);
      return secret;
    }
    keyring.refuseLeft(part, place, grant);
    return part;
  };
  const [user, password] = [replace(basic.user, true), replace(basic.password, false)];
  if (user === basic.user && password === basic.password) {
    keyring.refuseLeft(bytesOf(value), place, grant);
    return value;
  }
  return basic.scheme + Buffer.concat([user, Buffer.from(':'), password]).toString('base64');
}

/** Everything below a space but the tab, and DEL: no header may hold them. */
function isControl(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x09) || byte === 0x7f;
}

/** Text of a request's head is one character per byte. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
