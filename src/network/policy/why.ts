/** Answers what a policy says about a URL or a place, without sending anything. */
import { isIP } from 'node:net';
import { type Decision, HoldfastError, type NetworkAnswer, type NetworkQuestion } from '../../schema/index.ts';
import type { CompiledPolicy, Destination, Grant } from '../types.ts';
import { allowedBy, malformedHost } from './decisions.ts';
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
  if (!reading.ok) return denied(malformedHost(asked.host, reading.reason));
  const destination: Destination = { host: reading.host, port: asked.port };
  const { scheme, target } = asked;
  const request = scheme ? { ...destination, scheme, method: question.method ?? 'GET', target } : undefined;
  const verdict = policy.connect(destination, scheme === 'https' ? 'tls' : (scheme ?? 'other'), request);
  if (verdict.action === 'tunnel') return reached(policy, destination, verdict.grant, 'tunnel');
  if (verdict.action === 'deny' || !request) return denied(verdict.decision);
  const told = policy.request(request);
  return told.allowed ? reached(policy, destination, told.grant, 'mediate') : denied(told.decision);
}

/** An address is known already; what a name leads to only when something is sent. */
function reached(
  policy: CompiledPolicy,
  destination: Destination,
  grant: Grant,
  carried: 'tunnel' | 'mediate',
): NetworkAnswer {
  const { tape } = policy.policy;
  if (tape?.mode === 'replay') {
    const later = `Whether the tape ${tape.tape} has an answer is known when it is asked; nothing is sent.`;
    return { decision: allowedBy(grant.rule), carried, later };
  }
  const isAddress = isIP(destination.host) !== 0;
  const decision = isAddress ? policy.address(destination.host, destination, grant) : allowedBy(grant.rule);
  if (!decision.allowed) return denied(decision);
  const checks = [
    isAddress
      ? 'that the address is none of this machine'
      : 'the addresses of the name: those that lead inwards are refused unless the rule opens them',
    ...(Object.keys(grant.limits).length > 0 ? ["the rule's limits"] : []),
    ...(carried === 'mediate' && policy.policy.secrets.length > 0 ? ['where secrets stand in the request'] : []),
  ];
  return { decision, carried, later: `Checked when it is sent: ${checks.join('; ')}.` };
}

const denied = (decision: Decision): NetworkAnswer => ({ decision, carried: null, later: null });

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
