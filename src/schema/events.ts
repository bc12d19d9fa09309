/** What happens, as data: the event stream of the daemon. Names are noun-action. */
export const eventTypes = [
  'sandbox-created',
  'sandbox-ready',
  'sandbox-suspended',
  'sandbox-forked',
  'sandbox-resumed',
  'hook-failed',
  'sandbox-rolled-back',
  'sandbox-extended',
  'sandbox-adopted',
  'sandbox-gone',
  'snapshot-created',
  'snapshot-deleted',
  'template-created',
  'template-deleted',
  'process-started',
  'process-ended',
  'tool-called',
  'tool-ended',
  'network-changed',
  'network-flow',
  'network-denied',
  'network-down',
  'network-up',
  'tape-played',
  'tape-failed',
  'recording-started',
  'recording-ended',
  'gateway-up',
  'gateway-down',
  'preview-created',
  'preview-revoked',
  'session-started',
  'session-waiting',
  'session-woken',
  'session-ended',
  'approval-asked',
  'audit-down',
  'audit-up',
  'leftover-reaped',
  'fault-injected',
  'fault-healed',
  'faults-stopped',
  'admission-closed',
  'admission-opened',
  'canary-ended',
  'finding-opened',
  'finding-closed',
  'finding-acknowledged',
] as const;
export type EventType = (typeof eventTypes)[number];

export interface HoldfastEvent {
  id: string;
  type: EventType;
  /** ISO 8601. */
  at: string;
  tenant: string;
  sandbox: string | null;
  data: Record<string, unknown>;
}
