/** The on-disk format, as the steps that lead to it. A step that was ever released is never edited; a new one is added. */

export const migrations: readonly { name: string; sql: string }[] = [
  {
    name: 'sandboxes, snapshots, keys, operations, events',
    sql: `
CREATE TABLE sandboxes (
  id TEXT PRIMARY KEY, name TEXT, tenant TEXT NOT NULL, state TEXT NOT NULL, substrate TEXT NOT NULL,
  isolation TEXT NOT NULL, incarnation TEXT NOT NULL, template TEXT NOT NULL, snapshot TEXT, metadata TEXT NOT NULL,
  environment TEXT NOT NULL, "user" TEXT NOT NULL, limits TEXT NOT NULL, network TEXT NOT NULL, createdAt TEXT NOT NULL,
  expiresAt TEXT NOT NULL, idleMs REAL, onIdle TEXT NOT NULL, onLifetimeEnd TEXT NOT NULL, suspendedAt TEXT,
  suspendedMs REAL NOT NULL, exitReason TEXT, exitDetail TEXT, identity TEXT, launcherKind TEXT, layers TEXT NOT NULL,
  upper TEXT NOT NULL, generation INTEGER NOT NULL, idempotencyKey TEXT, leaseEndsMs REAL NOT NULL, idleEndsMs REAL,
  lastUsedMs REAL NOT NULL, pooled INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sandboxes_name ON sandboxes (tenant, name) WHERE name IS NOT NULL AND state <> 'gone';
CREATE INDEX sandboxes_tenant ON sandboxes (tenant, id);
CREATE INDEX sandboxes_usage ON sandboxes (
  tenant, id, state, pooled, limits ->> 'memoryBytes', limits ->> 'cpus', limits ->> 'diskBytes'
) WHERE state <> 'gone';

CREATE TABLE layers (
  id TEXT PRIMARY KEY, parent TEXT REFERENCES layers (id), files INTEGER NOT NULL, bytes INTEGER NOT NULL, digest TEXT,
  xattrPrefix TEXT NOT NULL, sealed INTEGER NOT NULL, createdAt TEXT NOT NULL
) STRICT;
CREATE INDEX layers_parent ON layers (parent);

CREATE TABLE snapshots (
  id TEXT PRIMARY KEY, name TEXT, tenant TEXT NOT NULL, sandbox TEXT, parent TEXT, template TEXT NOT NULL,
  createdAt TEXT NOT NULL, method TEXT NOT NULL, addedFiles INTEGER NOT NULL, addedBytes INTEGER NOT NULL,
  pauseMs REAL NOT NULL, digest TEXT NOT NULL
) STRICT;
CREATE INDEX snapshots_tenant ON snapshots (tenant, id, addedBytes);
CREATE INDEX snapshots_parent ON snapshots (parent);

CREATE TABLE templates (
  name TEXT PRIMARY KEY, kind TEXT NOT NULL, createdAt TEXT NOT NULL, sizeBytes INTEGER NOT NULL,
  files INTEGER NOT NULL, digest TEXT NOT NULL
) STRICT;

-- Which layers a snapshot (by id) or a template (by name) is made of, newest first.
CREATE TABLE chains (
  ownerKind TEXT NOT NULL, owner TEXT NOT NULL, position INTEGER NOT NULL,
  layer TEXT NOT NULL REFERENCES layers (id),
  PRIMARY KEY (ownerKind, owner, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX chains_layer ON chains (layer);

CREATE TABLE idempotency (
  tenant TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL, requestDigest TEXT NOT NULL, run TEXT NOT NULL,
  takenMs REAL NOT NULL, reference TEXT,
  PRIMARY KEY (tenant, scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_taken ON idempotency (takenMs);

CREATE TABLE operations (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, sandbox TEXT, payload TEXT NOT NULL, startedAt TEXT NOT NULL,
  step TEXT NOT NULL
) STRICT;

CREATE TABLE events (
  position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, at TEXT NOT NULL,
  tenant TEXT NOT NULL, sandbox TEXT, data TEXT NOT NULL
) STRICT;
`,
  },
  {
    name: 'networks and flows',
    sql: `
UPDATE sandboxes SET network = '"' || network || '"';

-- What a sandbox's network needs again after a restart: presets as they were expanded, its certificate authority.
CREATE TABLE networks (
  sandbox TEXT PRIMARY KEY, tenant TEXT NOT NULL, presetRules TEXT NOT NULL, environment TEXT NOT NULL,
  authority TEXT NOT NULL, tape TEXT
) STRICT;
CREATE TRIGGER networks_of_gone AFTER UPDATE OF state ON sandboxes WHEN new.state = 'gone'
BEGIN DELETE FROM networks WHERE sandbox = new.id; END;

CREATE TABLE flows (
  position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, at TEXT NOT NULL,
  tenant TEXT NOT NULL, sandbox TEXT, data TEXT NOT NULL
) STRICT;
`,
  },
  {
    name: 'previews',
    sql: `
CREATE TABLE previews (
  id TEXT PRIMARY KEY, label TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, sandbox TEXT NOT NULL, port INTEGER NOT NULL,
  visibility TEXT NOT NULL, keepHost INTEGER NOT NULL, createdAt TEXT NOT NULL, expiresMs REAL NOT NULL,
  revoked INTEGER NOT NULL
) STRICT;
CREATE INDEX previews_sandbox ON previews (sandbox, id);
`,
  },
  {
    name: 'secrets and placeholders',
    sql: `
-- Sealed by a key that is not in this file.
CREATE TABLE secrets (
  tenant TEXT NOT NULL, name TEXT NOT NULL, sealed TEXT NOT NULL, createdAt TEXT NOT NULL, updatedAt TEXT NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE placeholders (
  sandbox TEXT NOT NULL, secret TEXT NOT NULL, placeholder TEXT NOT NULL UNIQUE,
  PRIMARY KEY (sandbox, secret)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER placeholders_of_gone AFTER UPDATE OF state ON sandboxes WHEN new.state = 'gone'
BEGIN DELETE FROM placeholders WHERE sandbox = new.id; END;
CREATE TRIGGER placeholders_of_forgotten AFTER DELETE ON sandboxes
BEGIN DELETE FROM placeholders WHERE sandbox = old.id; END;
`,
  },
  {
    name: 'presets as a whole',
    sql: `
ALTER TABLE networks RENAME COLUMN presetRules TO presets;
-- Variables were kept once for all presets: the first gets them.
UPDATE networks SET presets = (
  SELECT json_group_array(json_set(
    preset.value, '$.files', json('[]'), '$.environment', json(iif(preset.key = 0, networks.environment, '{}'))
  )) FROM json_each(networks.presets) AS preset
);
ALTER TABLE networks DROP COLUMN environment;
`,
  },
  {
    name: 'memory kept on disk',
    sql: `
ALTER TABLE sandboxes ADD COLUMN memoryKept INTEGER NOT NULL DEFAULT 0;
`,
  },
  {
    name: 'contracts of sandboxes',
    sql: `
ALTER TABLE sandboxes ADD COLUMN contract TEXT;
ALTER TABLE sandboxes ADD COLUMN origins TEXT NOT NULL DEFAULT '{}';
ALTER TABLE snapshots ADD COLUMN contract TEXT;

-- What sandboxes are held to, by digest: a document that is in use is never edited.
CREATE TABLE contracts (digest TEXT PRIMARY KEY, name TEXT NOT NULL, document TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
  },
  {
    name: 'watches, canaries, findings',
    sql: `
CREATE TABLE watches (
  id TEXT PRIMARY KEY, contract TEXT, isolation TEXT NOT NULL, template TEXT, everyMs REAL NOT NULL,
  createdAt TEXT NOT NULL, nextMs REAL NOT NULL
) STRICT;

-- A profile is kept where later canaries are compared with it.
CREATE TABLE canaries (
  id TEXT PRIMARY KEY, watch TEXT NOT NULL REFERENCES watches (id) ON DELETE CASCADE, startedAt TEXT NOT NULL,
  endedAt TEXT, outcome TEXT, detail TEXT, latencyJudged INTEGER NOT NULL, isReference INTEGER NOT NULL, profile TEXT
) STRICT;
CREATE INDEX canaries_watch ON canaries (watch, id);

CREATE TABLE findings (
  id TEXT PRIMARY KEY, watch TEXT NOT NULL REFERENCES watches (id) ON DELETE CASCADE, contract TEXT,
  isolation TEXT NOT NULL, template TEXT, state TEXT NOT NULL, severity TEXT NOT NULL, field TEXT NOT NULL,
  rule TEXT NOT NULL, "from" TEXT NOT NULL, "to" TEXT NOT NULL, consequence TEXT NOT NULL, seen INTEGER NOT NULL,
  firstSeenAt TEXT NOT NULL, lastSeenAt TEXT NOT NULL, closedAt TEXT, note TEXT
) STRICT;
CREATE INDEX findings_watch ON findings (watch, state);
`,
  },
  {
    name: 'sessions',
    sql: `
-- A bundle of agents by the digest of its canonical form.
CREATE TABLE bundles (hash TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, name TEXT, parent TEXT, root TEXT NOT NULL, agent TEXT NOT NULL,
  manifest TEXT NOT NULL, bundle TEXT NOT NULL, person TEXT NOT NULL, format INTEGER NOT NULL, state TEXT NOT NULL,
  paused INTEGER NOT NULL, sandbox TEXT, waitsFor TEXT NOT NULL, wakeMs REAL,
  fence INTEGER NOT NULL, position INTEGER NOT NULL, outcome TEXT, origin TEXT, createdAt TEXT NOT NULL, endedAt TEXT,
  limits TEXT NOT NULL, spent TEXT NOT NULL, held TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_name ON sessions (tenant, name) WHERE name IS NOT NULL AND endedAt IS NULL;
CREATE UNIQUE INDEX sessions_origin ON sessions (tenant, origin) WHERE origin IS NOT NULL;
CREATE INDEX sessions_tenant ON sessions (tenant, id);
CREATE INDEX sessions_living ON sessions (tenant) WHERE endedAt IS NULL;
CREATE INDEX sessions_parent ON sessions (parent) WHERE parent IS NOT NULL;
CREATE INDEX sessions_running ON sessions (id) WHERE state = 'running';
CREATE INDEX sessions_wake ON sessions (wakeMs) WHERE wakeMs IS NOT NULL;

CREATE TABLE session_entries (
  session TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, format INTEGER NOT NULL,
  key TEXT, data TEXT NOT NULL,
  PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_entries_key ON session_entries (session, key) WHERE key IS NOT NULL;
CREATE INDEX session_entries_asked ON session_entries (session) WHERE kind = 'approval-asked';

-- What steps under way may use at most; one row a step.
CREATE TABLE holds (key TEXT PRIMARY KEY, session TEXT NOT NULL, amounts TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX holds_session ON holds (session);

CREATE TABLE memories (
  tenant TEXT NOT NULL, scope TEXT NOT NULL, owner TEXT NOT NULL, slot TEXT NOT NULL, key TEXT NOT NULL,
  value TEXT NOT NULL, class TEXT NOT NULL, writtenAt TEXT NOT NULL, expiresMs REAL NOT NULL,
  PRIMARY KEY (tenant, scope, owner, slot, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX memories_expires ON memories (expiresMs);
`,
  },
  {
    name: 'recordings',
    sql: `
CREATE TABLE recordings (
  id TEXT PRIMARY KEY, name TEXT, tenant TEXT NOT NULL, sandbox TEXT, state TEXT NOT NULL, createdAt TEXT NOT NULL,
  endedAt TEXT, steps INTEGER NOT NULL, events INTEGER NOT NULL, failures TEXT NOT NULL, bytes REAL NOT NULL, tape TEXT,
  parent TEXT
) STRICT;
CREATE INDEX recordings_tenant ON recordings (tenant, id);
CREATE INDEX recordings_sandbox ON recordings (sandbox, state);

-- Snapshots that a recording needs: they are garbage only when it is gone.
CREATE TABLE recordingSnapshots (
  recording TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE, step INTEGER NOT NULL, snapshot TEXT NOT NULL,
  PRIMARY KEY (recording, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX recordingSnapshots_snapshot ON recordingSnapshots (snapshot);
`,
  },
  {
    name: 'faults and their labels',
    sql: `
-- Kept after the sandbox is gone, for whoever scores its run.
CREATE TABLE faults (
  sandbox TEXT PRIMARY KEY, tenant TEXT NOT NULL, given TEXT NOT NULL, state TEXT, held TEXT NOT NULL,
  stopped INTEGER NOT NULL, generation INTEGER NOT NULL
) STRICT;
CREATE TABLE faultLabels (
  sandbox TEXT NOT NULL, number INTEGER NOT NULL, label TEXT NOT NULL,
  PRIMARY KEY (sandbox, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER faults_of_forgotten AFTER DELETE ON sandboxes BEGIN
  DELETE FROM faults WHERE sandbox = old.id;
  DELETE FROM faultLabels WHERE sandbox = old.id;
END;
`,
  },
  {
    name: 'memories found by what they say, legal holds, notices',
    sql: `
CREATE TABLE memories_kept (
  id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, scope TEXT NOT NULL, owner TEXT NOT NULL, slot TEXT NOT NULL,
  key TEXT NOT NULL, value TEXT NOT NULL, class TEXT NOT NULL, writtenAt TEXT NOT NULL, expiresMs REAL NOT NULL,
  UNIQUE (tenant, scope, owner, slot, key)
) STRICT;
INSERT INTO memories_kept (tenant, scope, owner, slot, key, value, class, writtenAt, expiresMs)
  SELECT tenant, scope, owner, slot, key, value, class, writtenAt, expiresMs FROM memories;
DROP TABLE memories;
ALTER TABLE memories_kept RENAME TO memories;
CREATE INDEX memories_expires ON memories (expiresMs);

-- Where a memory is belongs to what is searched: a word of another tenant or slot is never even a candidate.
CREATE VIRTUAL TABLE memories_text USING fts5 (place, key, value, tokenize = "unicode61 remove_diacritics 2");
INSERT INTO memories_text (memories_text, rank) VALUES ('secure-delete', 1);
INSERT INTO memories_text (rowid, place, key, value)
  SELECT id, hex(json_array(tenant)) || ' ' || hex(json_array(tenant, scope, owner, slot)), key, value ->> '$'
  FROM memories;
CREATE TRIGGER memories_text_of_new AFTER INSERT ON memories BEGIN
  INSERT INTO memories_text (rowid, place, key, value) VALUES (
    new.id, hex(json_array(new.tenant)) || ' ' || hex(json_array(new.tenant, new.scope, new.owner, new.slot)),
    new.key, new.value ->> '$'
  );
END;
CREATE TRIGGER memories_text_of_gone AFTER DELETE ON memories BEGIN
  DELETE FROM memories_text WHERE rowid = old.id;
END;

-- While there is one about a person, or about all of a tenant, nothing of theirs is erased.
CREATE TABLE legal_holds (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, person TEXT, reason TEXT NOT NULL, placedBy TEXT NOT NULL,
  placedAt TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Approvals that a webhook is still to be told of.
CREATE TABLE notices (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, approval TEXT NOT NULL, attempts INTEGER NOT NULL, nextMs REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_next ON notices (nextMs);
CREATE INDEX sessions_person ON sessions (tenant, person);
`,
  },
  {
    name: 'seeds and clocks of sandboxes',
    sql: 'ALTER TABLE sandboxes ADD COLUMN seed INTEGER; ALTER TABLE sandboxes ADD COLUMN clock TEXT;',
  },
  {
    name: 'channels',
    sql: `
CREATE TABLE channel_addresses (
  tenant TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, person TEXT NOT NULL, linkedMs REAL,
  disclosedMs REAL, lastInboundMs REAL NOT NULL,
  PRIMARY KEY (tenant, channel, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_addresses_person ON channel_addresses (tenant, person) WHERE linkedMs IS NOT NULL;

CREATE TABLE channel_inbox (
  id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, channel TEXT NOT NULL, event TEXT NOT NULL, address TEXT NOT NULL,
  thread TEXT NOT NULL, isPrivate INTEGER NOT NULL, text TEXT NOT NULL, receivedMs REAL NOT NULL, line TEXT,
  state TEXT NOT NULL, session TEXT, position INTEGER
) STRICT;
CREATE UNIQUE INDEX channel_inbox_event ON channel_inbox (tenant, channel, event);
CREATE INDEX channel_inbox_open ON channel_inbox (id) WHERE state <> 'done';
CREATE INDEX channel_inbox_line ON channel_inbox (tenant, line, id) WHERE state <> 'done';

CREATE TABLE channel_outbox (
  id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, thread TEXT NOT NULL,
  text TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, nextMs REAL NOT NULL, why TEXT
) STRICT;
CREATE INDEX channel_outbox_open ON channel_outbox (tenant, channel, thread, id) WHERE state = 'waiting';

CREATE TABLE channel_codes (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, person TEXT NOT NULL, channel TEXT NOT NULL, expiresMs REAL NOT NULL,
  usedMs REAL, usedChannel TEXT, usedAddress TEXT, answeredMs REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_codes_used ON channel_codes (tenant, usedChannel, usedAddress) WHERE usedMs IS NOT NULL;

-- Which session a person, or a thread that several read, has with an agent.
CREATE TABLE channel_lines (
  tenant TEXT NOT NULL, agent TEXT NOT NULL, owner TEXT NOT NULL, session TEXT NOT NULL,
  PRIMARY KEY (tenant, agent, owner)
) STRICT, WITHOUT ROWID;

-- What adapters of channels keep for themselves.
CREATE TABLE channel_values (key TEXT PRIMARY KEY, value TEXT NOT NULL, expiresMs REAL) STRICT, WITHOUT ROWID;
`,
  },
  {
    name: 'stops of agents',
    sql: `
-- What may do nothing until somebody says so; an empty text stands for every tenant, or every agent.
CREATE TABLE stops (
  tenant TEXT NOT NULL, agent TEXT NOT NULL, placedBy TEXT, placedAt TEXT NOT NULL, PRIMARY KEY (tenant, agent)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_in_sandboxes ON sessions (id) WHERE state = 'waiting' AND sandbox IS NOT NULL;
`,
  },
  {
    name: 'ids of stops',
    sql: `
-- Another each time that somebody says it: what is lifted is what was looked at.
ALTER TABLE stops ADD COLUMN id TEXT NOT NULL DEFAULT '';
`,
  },
  {
    name: 'limits that were hit',
    sql: `ALTER TABLE sandboxes ADD COLUMN limitHits TEXT NOT NULL DEFAULT '{"oomKills":0,"processesDenied":0}';`,
  },
  {
    name: 'what templates are warmed by',
    sql: `ALTER TABLE templates ADD COLUMN warm TEXT NOT NULL DEFAULT '[]';`,
  },
  {
    name: 'who placed stops',
    sql: `
-- The tenant of whoever placed it. Of what was placed on a tenant before, only what one of its people is known to have placed is its own.
ALTER TABLE stops ADD COLUMN byTenant TEXT NOT NULL DEFAULT 'default';
UPDATE stops SET byTenant = tenant WHERE tenant <> '' AND placedBy IS NOT NULL;
`,
  },
  {
    name: 'who works in sandboxes',
    sql: 'CREATE INDEX sessions_by_sandbox ON sessions (sandbox) WHERE sandbox IS NOT NULL AND endedAt IS NULL;',
  },
  {
    name: 'ends that logs are owed',
    sql: `
-- Of very many that end at once the rows say so first: who ended them, until their logs say it too.
ALTER TABLE sessions ADD COLUMN owedEnd TEXT;
CREATE INDEX sessions_owing ON sessions (id) WHERE owedEnd IS NOT NULL;
`,
  },
  {
    name: 'what sessions wait for and keep, and how many are not over',
    sql: `
-- Follows from the logs: whoever looks for what is open reads none of them.
CREATE TABLE open_approvals (
  session TEXT NOT NULL, position INTEGER NOT NULL, tenant TEXT NOT NULL, callId TEXT NOT NULL, quorum INTEGER NOT NULL,
  expiresMs REAL NOT NULL, approvedBy TEXT NOT NULL,
  PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_approvals_tenant ON open_approvals (tenant, expiresMs);
CREATE TRIGGER open_approvals_of_ended AFTER UPDATE OF endedAt ON sessions WHEN new.endedAt IS NOT NULL
BEGIN DELETE FROM open_approvals WHERE session = new.id; END;
CREATE TRIGGER open_approvals_of_forgotten AFTER DELETE ON sessions
BEGIN DELETE FROM open_approvals WHERE session = old.id; END;
INSERT INTO open_approvals
  SELECT session, position, tenant, callId, quorum, expiresMs, approvedBy FROM (
    SELECT asked.session, asked.position, sessions.tenant, asked.data ->> 'callId' AS callId,
      asked.data ->> 'quorum' AS quorum, asked.data ->> 'expiresMs' AS expiresMs,
      (SELECT json_group_array(said.data ->> '$.data.by') FROM session_entries AS said
        WHERE said.session = asked.session AND said.key > 'approval:' || asked.position || ':'
        AND said.key < 'approval:' || asked.position || ';') AS approvedBy
    FROM session_entries AS asked JOIN sessions ON sessions.id = asked.session
    WHERE asked.kind = 'approval-asked' AND sessions.endedAt IS NULL
      AND coalesce(asked.data ->> 'session', asked.session) = asked.session
      AND NOT EXISTS (SELECT 1 FROM session_entries AS said
        WHERE said.session = asked.session AND said.key > 'approval:' || asked.position || ':'
        AND said.key < 'approval:' || asked.position || ';' AND said.data ->> '$.data.approve' = 0)
      AND NOT EXISTS (SELECT 1 FROM session_entries AS done
        WHERE done.session = asked.session AND done.position > asked.position AND done.kind = 'outcome'
        AND done.data ->> 'callId' = asked.data ->> 'callId')
  ) WHERE json_array_length(approvedBy) < quorum;

-- What is looked for at steps and decisions, without reading all that stands around it.
CREATE INDEX session_entries_handed ON session_entries (session, position) WHERE kind = 'handed-off';
CREATE INDEX session_entries_said ON session_entries (session) WHERE kind IN ('started', 'received');

-- What goes out is given up by its age. Of what waits already, the time of its next try is the nearest that is known.
ALTER TABLE channel_outbox ADD COLUMN putMs REAL NOT NULL DEFAULT 0;
UPDATE channel_outbox SET putMs = nextMs;

-- Of the log.
ALTER TABLE sessions ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET bytes = (
  SELECT coalesce(sum(octet_length(data)), 0) FROM session_entries WHERE session = sessions.id
);
CREATE INDEX sessions_over ON sessions (endedAt, id) WHERE parent IS NULL AND endedAt IS NOT NULL;
CREATE INDEX sessions_bundle ON sessions (bundle);
-- Of whom a bundle first came.
ALTER TABLE bundles ADD COLUMN tenant TEXT NOT NULL DEFAULT '';

-- What logs, memories and bundles of a tenant take, counted with each write.
CREATE TABLE kept_bytes (tenant TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO kept_bytes (tenant, bytes)
  SELECT tenant, sum(bytes) FROM (
    SELECT tenant, bytes FROM sessions
    UNION ALL SELECT tenant, octet_length(key) + octet_length(value) FROM memories
  ) GROUP BY tenant;
CREATE TRIGGER kept_bytes_of_new_session AFTER INSERT ON sessions BEGIN
  INSERT INTO kept_bytes VALUES (new.tenant, new.bytes) ON CONFLICT (tenant) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER kept_bytes_of_session AFTER UPDATE OF bytes ON sessions WHEN new.bytes <> old.bytes BEGIN
  UPDATE kept_bytes SET bytes = bytes + new.bytes - old.bytes WHERE tenant = new.tenant;
END;
CREATE TRIGGER kept_bytes_of_gone_session AFTER DELETE ON sessions BEGIN
  UPDATE kept_bytes SET bytes = bytes - old.bytes WHERE tenant = old.tenant;
END;
CREATE TRIGGER kept_bytes_of_new_memory AFTER INSERT ON memories BEGIN
  INSERT INTO kept_bytes VALUES (new.tenant, octet_length(new.key) + octet_length(new.value))
    ON CONFLICT (tenant) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER kept_bytes_of_gone_memory AFTER DELETE ON memories BEGIN
  UPDATE kept_bytes SET bytes = bytes - octet_length(old.key) - octet_length(old.value) WHERE tenant = old.tenant;
END;
CREATE TRIGGER kept_bytes_of_new_bundle AFTER INSERT ON bundles WHEN new.tenant <> '' BEGIN
  INSERT INTO kept_bytes VALUES (new.tenant, octet_length(new.body))
    ON CONFLICT (tenant) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER kept_bytes_of_gone_bundle AFTER DELETE ON bundles WHEN old.tenant <> '' BEGIN
  UPDATE kept_bytes SET bytes = bytes - octet_length(old.body) WHERE tenant = old.tenant;
END;

-- For whom the session that kept it works; unknown of what was kept for all of a tenant before.
ALTER TABLE memories ADD COLUMN person TEXT;
UPDATE memories SET person = iif(
  scope = 'user', owner, (SELECT person FROM sessions WHERE id = substr(owner, 1, instr(owner || '/', '/') - 1))
);

CREATE INDEX channel_lines_session ON channel_lines (session);
CREATE TRIGGER channel_lines_of_gone_session AFTER DELETE ON sessions BEGIN
  DELETE FROM channel_lines WHERE session = old.id;
END;

-- Of a tenant, counted with each write: whoever begins one of very many is held to a quota.
CREATE TABLE living_sessions (tenant TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO living_sessions SELECT tenant, count(*) FROM sessions WHERE endedAt IS NULL GROUP BY tenant;
CREATE TRIGGER living_sessions_of_new AFTER INSERT ON sessions WHEN new.endedAt IS NULL BEGIN
  INSERT INTO living_sessions VALUES (new.tenant, 1) ON CONFLICT (tenant) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER living_sessions_of_ended AFTER UPDATE OF endedAt ON sessions
WHEN (new.endedAt IS NULL) <> (old.endedAt IS NULL) BEGIN
  UPDATE living_sessions SET count = count + iif(new.endedAt IS NULL, 1, -1) WHERE tenant = new.tenant;
END;
CREATE TRIGGER living_sessions_of_gone AFTER DELETE ON sessions WHEN old.endedAt IS NULL BEGIN
  UPDATE living_sessions SET count = count - 1 WHERE tenant = old.tenant;
END;
`,
  },
];
