export { checkExport, type ExportReport } from './check-export.ts';
export { AuditLog, type AuditParts, type AuditPlaces, type NewAuditEntry } from './log.ts';
export { evidenceOf, exportLines, listEntries } from './read.ts';
export { type Retention, retentionOf, shortestRetentionDays, tendRetention } from './retention.ts';
export { timeline } from './timeline.ts';
