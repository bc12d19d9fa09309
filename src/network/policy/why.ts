/** Answers what a policy says about a URL or a place, without sending anything. */
import { HoldfastError, type NetworkAnswer, type NetworkQuestion } from '../../schema/index.ts';
import type { CompiledPolicy, Destination } from '../types.ts';
import { malformedHost } from './decisions.ts';
import { normaliseHost } from './names.ts';

interface Asked {
  scheme: 'https' | 'http' | null;
  host: string;
  port: number;
  /** Nothing is resolved or escaped, since the policy sees what is sent. A fragment is never sent. */
  target: string;
}

/** @throws HoldfastError `invalid-argument` when it is neither a URL nor HOST:PORT */
export function why(policy: CompiledPolicy, question: NetworkQuestion): NetworkAnswer {
  const asked = readQuestion(question.url);
  const reading = normaliseHost(asked.host);
  if (!reading.ok) return { decision: malformedHost(asked.host, reading.reason), carried: null };
  const destination: Destination = { host: reading.host, port: asked.port };
  const first = asked.scheme === 'https' ? 'tls' : (asked.scheme ?? 'other');
  const verdict = policy.connect(destination, first);
  if (verdict.action === 'deny') return { decision: verdict.decision, carried: null };
  if (verdict.action === 'tunnel' || asked.scheme === null)
    return { decision: verdict.decision, carried: verdict.action };
  const { decision, allowed } = policy.request({
    ...destination,
    scheme: asked.scheme,
    method: question.method ?? 'GET',
    target: asked.target,
  });
  return { decision, carried: allowed ? 'mediate' : null };
}

function readQuestion(text: string): Asked {
  const [, scheme, authority = '', rest = ''] = /^(?:(https?):\/\/)?([^/?#]*)(.*)$/is.exec(text) ?? [];
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*|.*@.*)(?::(\d{1,5}))?$/s.exec(authority) ?? [];
  const number = port === undefined ? { https: 443, http: 80 }[scheme?.toLowerCase() ?? ''] : Number(port);
  const known = scheme === undefined ? rest === '' : true;
  if (!known || host === '' || number === undefined || number < 1 || number > 65_535) throw unreadable(text);
  const [sent = ''] = rest.split('#', 1);
  const kind = scheme === undefined ? null : scheme.toLowerCase() === 'https' ? 'https' : 'http';
  return { scheme: kind, host, port: number, target: sent.startsWith('/') ? sent : `/${sent}` };
}

function unreadable(text: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${JSON.stringify(text.slice(0, 200))} is neither a URL nor HOST:PORT`, {
    hint: 'Ask about https://host/path, http://host/path, or host:port.',
  });
}
