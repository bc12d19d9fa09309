/** The secrets of one sandbox as the broker needs them: found by placeholder, placed by credential, refused by name. */
import { type Decision, HoldfastError, type SecretPosition } from '../../schema/index.ts';
import { refusedError } from '../gateway/refusals.ts';
import { refused } from '../policy/decisions.ts';
import type { Grant } from '../types.ts';
import { PlaceholderFinder, type Span } from './placeholders.ts';
import type { BrokerSecret, ForgottenSecret } from './types.ts';

/** A place of a request in words, and the position that would allow it; null when none could. */
export interface Place {
  words: string;
  position: SecretPosition | null;
}

/** One request whose placeholders become values. */
export class Placing {
  readonly grant: Grant;
  /** Whose values were placed. */
  readonly owners: number[] = [];
  /** Each takes its placeholder once: a head or body full of them would become one of values, which are longer. */
  readonly used = new Set<Grant['credentials'][number]>();

  constructor(grant: Grant) {
    this.grant = grant;
  }
}

export interface Spliced {
  /** With the values in it. */
  sent: Buffer;
  /** What was not replaced: no placeholder may be left in it. */
  rest: Buffer;
  owners: number[];
}

export class Keyring {
  readonly finder: PlaceholderFinder;
  readonly #secrets: readonly BrokerSecret[];
  /** Their owners come after those of the secrets. */
  readonly #forgotten: readonly ForgottenSecret[];

  constructor(secrets: readonly BrokerSecret[], forgotten: readonly ForgottenSecret[] = []) {
    this.#secrets = secrets;
    this.#forgotten = forgotten;
    this.finder = new PlaceholderFinder([...secrets, ...forgotten].map(({ placeholder }) => placeholder));
  }

  secret(owner: number): BrokerSecret {
    const secret = this.#secrets[owner];
    if (secret) return secret;
    throw new HoldfastError('internal', `there is no secret number ${owner}`);
  }

  /**
   * Takes the position for this secret of which `test` says that it is meant; false when the grant has none, or the secret was
   * forgotten. Called once for each placeholder there.
   * @throws HoldfastError `forbidden` (`secret-misplaced`) when one stood there before
   */
  takes(owner: number, { grant, used }: Placing, test: (position: SecretPosition) => boolean): boolean {
    if (this.#forgottenAt(owner)) return false;
    const { name } = this.secret(owner);
    const declared = grant.credentials.find((credential) => credential.secret === name && test(credential.position));
    if (declared && used.has(declared)) throw this.#repeated(name, declared.position, grant);
    if (declared) used.add(declared);
    return declared !== undefined;
  }

  /** Positions of JSON bodies that this grant knows, of secrets that are here. */
  pointers(grant: Grant): string[] {
    const names = new Set(this.#secrets.map((secret) => secret.name));
    const found = grant.credentials.flatMap(({ secret, position }) =>
      position.kind === 'json' && names.has(secret) ? [position.pointer] : [],
    );
    return [...new Set(found)];
  }

  /** @param spell the value in the spelling of this place; null leaves the placeholder, for `refuseLeft` to find */
  splice(bytes: Buffer, spans: readonly Span[], spell: (owner: number) => Buffer | null): Spliced {
    const sent: Buffer[] = [];
    const rest: Buffer[] = [];
    const owners: number[] = [];
    let from = 0;
    for (const { owner, start, end } of spans) {
      const value = spell(owner);
      if (value === null) continue;
      const before = bytes.subarray(from, start);
      sent.push(before, value);
      rest.push(before, gap);
      owners.push(owner);
      from = end;
    }
    const last = bytes.subarray(from);
    return { sent: Buffer.concat([...sent, last]), rest: Buffer.concat([...rest, last]), owners };
  }

  /** @throws HoldfastError `forbidden` when a placeholder stands anywhere in it, however spelled */
  refuseLeft(bytes: Buffer, place: Place, grant: Grant): void {
    const owner = this.finder.search(bytes);
    if (owner !== null) throw this.misplaced(owner, place, grant);
  }

  misplaced(owner: number, place: Place, grant: Grant): HoldfastError {
    return refusedError(this.misplacedDecision(owner, place, grant));
  }

  misplacedDecision(owner: number, place: Place, grant: Grant): Decision {
    const forgotten = this.#forgottenAt(owner);
    if (forgotten) return forgottenDecision(forgotten.name, place, grant);
    const { name } = this.secret(owner);
    const allowed = grant.credentials.filter(({ secret }) => secret === name).map(({ position }) => inWords(position));
    const where = allowed.length === 0 ? 'nowhere' : `only in ${allowed.join(' or ')}`;
    const hint = place.position && `Allow it in the rule: credentials: [${entryOf(name, place.position)}]`;
    return refused(
      'secret-misplaced',
      `The placeholder of the secret ${name} stands in ${place.words}; this rule lets it stand ${where}`,
      { rule: grant.rule, hint },
    );
  }

  #forgottenAt(owner: number): ForgottenSecret | undefined {
    return this.#forgotten[owner - this.#secrets.length];
  }

  #repeated(name: string, position: SecretPosition, grant: Grant): HoldfastError {
    const what = `The placeholder of the secret ${name} stands more than once in ${inWords(position)}`;
    return refusedError(
      refused('secret-misplaced', what, { rule: grant.rule, hint: 'Send it once: a position takes one value.' }),
    );
  }

  /** It stands where it may, and still cannot be sent. */
  unfit(owner: number, reason: string, grant: Grant): HoldfastError {
    const { name } = this.secret(owner);
    return refusedError(
      refused('secret-misplaced', `The secret ${name} ${reason}`, {
        rule: grant.rule,
        hint: `Put the secret again without it: holdfast secret put ${name}`,
      }),
    );
  }
}

function forgottenDecision(name: string, { words }: Place, grant: Grant): Decision {
  const what = `The placeholder of the secret ${name} stands in ${words}, and that secret is not kept any more`;
  return refused('secret-misplaced', what, { rule: grant.rule, hint: `Put it again: holdfast secret put ${name}` });
}

/** Stands for what was replaced, so that its neighbours do not become something together. */
const gap = Buffer.from(' ');

function inWords(position: SecretPosition): string {
  switch (position.kind) {
    case 'header':
      return `the header ${position.name}`;
    case 'basic':
      return 'the user name or password of basic authentication';
    case 'query':
      return `the query parameter ${position.name}`;
    case 'json':
      return `the string ${position.pointer} of a JSON body (content-type: application/json)`;
  }
}

function entryOf(secret: string, position: SecretPosition): string {
  const fields = Object.entries(position).map(([key, value]) => `${key}: ${value}`);
  return `{ secret: ${secret}, position: { ${fields.join(', ')} } }`;
}
