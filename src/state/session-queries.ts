/** Whom a query over sessions is about. */

/** Who has the conversation of a session since it was handed over; nothing when it never was. */
export const lastHandedTo = (session: string): string =>
  `SELECT data ->> 'to' FROM session_entries INDEXED BY session_entries_handed WHERE session = ${session} AND kind = 'handed-off'
   ORDER BY position DESC LIMIT 1`;

/** Of one tenant or all, of one agent or all: began with it, or was handed over to it. */
export const whom: string = `endedAt IS NULL AND (? IS NULL OR tenant = ?)
  AND (? IS NULL OR agent = ? OR (${lastHandedTo('sessions.id')}) = ?)`;
export const whomValues = (tenant: string | null, agent: string | null): (string | null)[] => [
  tenant,
  tenant,
  agent,
  agent,
  agent,
];

/** Whole chains of these in which nothing is under way, nor of a newer format. */
export const parked: string = `endedAt IS NULL AND root IN (
  SELECT id FROM sessions WHERE parent IS NULL AND ${whom} EXCEPT
  SELECT root FROM sessions WHERE endedAt IS NULL AND (state = 'running' OR format > ?))`;
