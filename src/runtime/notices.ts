/**
 * Telling a webhook that an approval is asked for. Signed as Standard Webhooks are: `webhook-id`, `webhook-timestamp`,
 * `webhook-signature`, with HMAC-SHA256 over the three parts of `id.timestamp.body`.
 *
 * 1. What is to be told is written in the transaction that asks, so that no crash comes between; told is told at least once.
 * 2. A notice is tried again with growing pauses for as long as the approval is open. One that was not told by then is in the audit
 *    log. A webhook that does not answer keeps only its own tenant's notices waiting.
 * 3. A link in a notice is for one person, one approval, once, and until a time (server/signed.ts). Nobody gets one who could
 *    not decide.
 */
import { createHmac } from 'node:crypto';
import type { AuditLog } from '../audit/index.ts';
import { isoTime, postBytes } from '../base/index.ts';
import { type Approval, asHoldfastError, HoldfastError } from '../schema/index.ts';
import type { NoticeRecord, SessionPlace, StoredEntry } from '../state/index.ts';
import { excludedFrom, openApproval } from './approvals.ts';
import type { Core } from './core.ts';

export interface ApprovalGrant {
  tenant: string;
  approval: string;
  person: string;
  expiresAtMs: number;
}

export interface ApprovalWebhook {
  /** http or https; redirects are not followed. */
  url: string;
  /** `whsec_` and base64, or any text of at least 24 bytes. */
  secret: string;
  /** Who gets a link, by name. */
  approvers?: readonly string[];
  /** Makes a link; without, a notice has none. */
  link?: (grant: ApprovalGrant) => string;
}

/** Of one tenant: its webhook may be away for long. */
const mostPending = 10_000;
const atOnce = 16;
const answerWithinMs = 10_000;
const firstPauseMs = 1000;
const longestPauseMs = 600_000;
const longestLinkMs = 7 * 86_400_000;
const shortestSecretBytes = 24;

export class Notices {
  readonly #core: Core;
  readonly #audit: AuditLog;
  readonly #webhooks: ReadonlyMap<string, ApprovalWebhook & { key: Buffer }>;
  #cancel: (() => void) | null = null;
  #working: Promise<void> | null = null;
  #closed = false;

  /** @throws HoldfastError `invalid-argument` for an address or a secret that cannot be used */
  constructor(core: Core, audit: AuditLog, webhooks: Readonly<Record<string, ApprovalWebhook>>) {
    this.#core = core;
    this.#audit = audit;
    this.#webhooks = new Map(
      Object.entries(webhooks).map(([tenant, webhook]) => [tenant, { ...webhook, key: keyOf(webhook) }]),
    );
    core.scope.onClose(() => this.close());
  }

  /** Part of the transaction that asks. */
  note({ id, tenant }: SessionPlace, { kind, position }: StoredEntry): void {
    if (kind !== 'approval-asked' || !this.#webhooks.has(tenant)) return;
    const { store, clock, newId, log } = this.#core;
    const approval = `${id}.${position}`;
    if (store.notices.count(tenant) >= mostPending) {
      log.error({ approval }, 'the webhook of approvals is not told: too many notices wait');
      this.#audit.append({ kind: 'notice-failed', tenant, session: id, body: { approval, reason: 'too many wait' } });
      return;
    }
    store.notices.insert({ id: newId('notice'), tenant, approval, attempts: 0, nextMs: clock.nowMs() });
    this.arm();
  }

  /** Goes on with what waits. */
  arm(): void {
    const nextMs = this.#core.store.notices.nextMs();
    this.#cancel?.();
    this.#cancel = null;
    if (nextMs === null || this.#closed) return;
    const afterMs = Math.max(0, nextMs - this.#core.clock.nowMs());
    this.#cancel = this.#core.clock.after(afterMs, () => {
      this.#working ??= this.#work().finally(() => {
        this.#working = null;
        this.arm();
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { store, clock, log } = this.#core;
    const due = store.notices.due(clock.nowMs(), atOnce);
    await Promise.all(
      due.map((notice) =>
        this.#tell(notice).catch((error: unknown) => {
          log.error({ err: error, notice: notice.id }, 'a notice could not be settled; tried again soon');
          store.notices.retry(notice.id, notice.attempts, clock.nowMs() + firstPauseMs);
        }),
      ),
    );
  }

  async #tell(notice: NoticeRecord): Promise<void> {
    const { id, tenant } = notice;
    const { store, clock, scope } = this.#core;
    const webhook = this.#webhooks.get(tenant);
    const approval = openApproval(this.#core, tenant, notice.approval);
    if (!webhook) return this.#over(notice, 'the tenant has no webhook any more');
    if (!approval) return this.#over(notice, 'the approval was over before the webhook took it');
    const body = Buffer.from(JSON.stringify(this.#payload(webhook, approval, tenant)));
    const seconds = String(Math.floor(clock.nowMs() / 1000));
    const signature = createHmac('sha256', webhook.key).update(`${id}.${seconds}.`).update(body).digest('base64');
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': `v1,${signature}`,
    };
    const { signal } = scope;
    try {
      const { status } = await postBytes(webhook.url, { headers, body, timeoutMs: answerWithinMs, signal });
      if (status >= 200 && status < 300) return store.notices.remove(id);
      throw new HoldfastError('network-unreachable', `the webhook answered ${status}`);
    } catch (error) {
      if (!this.#closed) this.#failed(notice, asHoldfastError(error).message);
    }
  }

  #failed({ id, tenant, approval, attempts }: NoticeRecord, reason: string): void {
    const { store, clock, log } = this.#core;
    const nextMs = clock.nowMs() + Math.min(longestPauseMs, firstPauseMs * 2 ** attempts);
    log.warn({ approval, reason, attempts: attempts + 1 }, 'the webhook of approvals was not told; tried again');
    store.notices.retry(id, attempts + 1, nextMs);
    store.notices.postpone(tenant, nextMs);
  }

  /** Also of one that was never tried: it waited behind others, or no daemon was there. */
  #over({ id, tenant, approval, attempts }: NoticeRecord, reason: string): void {
    const { store, log } = this.#core;
    log.error({ approval, attempts, reason }, 'the webhook of approvals was not told, and is not tried again');
    const [session = ''] = approval.split('.');
    this.#audit.append({ kind: 'notice-failed', tenant, session, body: { approval, reason, attempts } });
    store.notices.remove(id);
  }

  #payload({ approvers = [], link }: ApprovalWebhook, approval: Approval, tenant: string): Record<string, unknown> {
    const excluded = excludedFrom(this.#core, approval);
    const expiresAtMs = Math.min(Date.parse(approval.expiresAt), this.#core.clock.nowMs() + longestLinkMs);
    const may = link ? approvers.filter((person) => !excluded.has(person)) : [];
    const links = may.map((person) => ({
      person,
      url: link?.({ tenant, approval: approval.id, person, expiresAtMs }),
      expiresAt: isoTime(expiresAtMs),
    }));
    return { type: 'approval-asked', tenant, approval, links };
  }
}

function keyOf({ url, secret }: ApprovalWebhook): Buffer {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new HoldfastError('invalid-argument', `the webhook of approvals is not an address: ${url}`, {
      hint: 'For example https://approvals.example/hook.',
    });
  }
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  if (key.length >= shortestSecretBytes) return key;
  throw new HoldfastError('invalid-argument', `the webhook's secret is under ${shortestSecretBytes} bytes`, {
    hint: 'Make one: echo whsec_$(openssl rand -base64 32)',
  });
}
