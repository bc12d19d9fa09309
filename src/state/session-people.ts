/** Where the entries of sessions' logs name people. */

/** Who spoke, decided, stepped in, or gave a fork its agents; they stand where nothing else has a name. */
export const mentions: string = `kind IN ('started', 'received', 'paused', 'resumed', 'ended')
  AND ? IN (data ->> 'by', data ->> '$.data.by', data ->> 'agentsBy')`;

export function renamed(data: Record<string, unknown>, person: string, name: string): Record<string, unknown> {
  const inner = data['data'];
  const isDecision = typeof inner === 'object' && inner !== null && 'by' in inner && inner.by === person;
  return {
    ...data,
    ...(data['by'] === person ? { by: name } : {}),
    ...(data['agentsBy'] === person ? { agentsBy: name } : {}),
    ...(isDecision ? { data: { ...inner, by: name } } : {}),
  };
}
