/**
 * What is promised, per row: the value at p50, p95 or p99 that must not be exceeded (or, where more is better, not be
 * fallen short of), and the share of attempts that must succeed. A row without a promise is there to compare with.
 */
export interface Target {
  p50?: number;
  p95?: number;
  p99?: number;
  worst?: number;
  success?: number;
}

const all = { success: 1 };

export const targets: Readonly<Record<string, Target>> = {
  holdfast: { p50: 8, p95: 15, ...all },
  'holdfast-http': { p50: 8, p95: 15, ...all },
  'holdfast-pool': { p50: 1.5, ...all },
  'holdfast-pool-exec': { p50: 4, p95: 7, ...all },
  'burst-holdfast': { p99: 300, ...all },
  'burst-holdfast-http': { p99: 300, ...all },
  'burst-holdfast-pool': { p99: 300, ...all },
  'burst-event-loop': { worst: 10 },
  'sustained-holdfast': { p50: 150, ...all },
  'sustained-holdfast-http': { p50: 150, ...all },
  'exec-holdfast': { p50: 2, p95: 3, ...all },
  'exec-holdfast-http': { p50: 2, p95: 3, ...all },
  ping: { p50: 0.2, ...all },
  'exec-event-loop': { worst: 10 },
  'file-event-loop': { worst: 10 },
  'file-in-holdfast': { p50: 300, ...all },
  'file-out-holdfast': { p50: 300, ...all },
  'file-in-holdfast-http': { p50: 300, ...all },
  'file-out-holdfast-http': { p50: 300, ...all },
  'live-pause-1g': { p50: 8, p95: 15, ...all },
  'rollback-1g': { p50: 3, p95: 8, ...all },
  'diff-1g': { p50: 50, ...all },
  'forks-1g': { p50: 400, ...all },
  'call-held': { p50: 0.1, ...all },
  'call-held-cut': { p50: 0.1, ...all },
  'recording-overhead': { p50: 3, p99: 15 },
  'recording-log': { p50: 2048, ...all },
  'recording-fork-1g': { p50: 300, ...all },
  'recording-corpus': { success: 0.95 },
  'suites-replayed': { success: 0.95 },
  'kills-verified': { ...all },
  'noise-free': { p50: 3 },
  idle: { p50: 1500 },
  'isolation-gvisor-pool': { p50: 60, ...all },
  'isolation-gvisor-exec': { p50: 3, ...all },
  'machines-create': { p50: 150, p95: 250, ...all },
  'machines-pool': { p50: 30, ...all },
  'machines-exec': { p50: 30, ...all },
  'machines-file-in': { p50: 21, ...all },
  'machines-file-out': { p50: 84, ...all },
  'machines-fork': { p50: 1000, ...all },
  'machines-fork-pause': { p50: 100 },
  'machines-hibernate': { p50: 2000, ...all },
  'machines-wake': { p50: 2000, ...all },
  'machines-crowd': { p50: 60 * 1024, ...all },
  suspend: { p50: 1, ...all },
  resume: { p50: 1, ...all },
  'network-tunnel-kept': { p50: 0.3, p99: 2, ...all },
  'network-transparent-kept': { p50: 0.3, p99: 2, ...all },
  'network-taping-kept': { p50: 3, p99: 15 },
  'network-tunnel-download-share': { p50: 60, ...all },
  'network-mediated-download-share': { p50: 60, ...all },
  'network-gateway-growth': { p50: 16_384, ...all },
  'network-daemon-growth': { p50: 16_384, ...all },
  'cli-run': { p50: 120, ...all },
  'cli-doctor': { p50: 2000, ...all },
  'daemon-start': { p50: 400, ...all },
  'daemon-adopt': { p50: 1000, ...all },
};
