/**
 * What the daemon and its gateway say to each other, over the private channel of parent and child. Requests go down and
 * are answered by number; events come up. Both sides check the shape of what they get: a peer of another version, or a
 * mistake, is refused by name and not guessed at.
 */
import { z } from 'zod';
import {
  type ErrorBody,
  errorBodySchema,
  expandedPresetSchema,
  type FaultLabel,
  type NetworkFlow,
  networkPolicySchema,
  sandboxFaultsSchema,
  type TapePlay,
} from '../../schema/index.ts';

const upstreamProxySchema = z.strictObject({
  kind: z.enum(['http', 'socks5']),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  credentials: z.strictObject({ user: z.string().max(255), password: z.string().max(255) }).nullable(),
  except: z.array(z.string()),
});

export const gatewaySettingsSchema = z.strictObject({
  upstreamProxy: upstreamProxySchema.nullable(),
  /** Addresses of resolvers to ask; empty: the host's own way. */
  resolvers: z.array(z.string()).max(8),
  /** Where tapes are: the directory that holds `tapes/`. */
  home: z.string().min(1),
  /** The guest binary, which moves the bytes of large tunnels. */
  guestBinary: z.string().min(1),
  /** PEM of authorities of the outside to trust besides the host's own. */
  extraAuthorities: z.string(),
});
export type GatewaySettings = z.infer<typeof gatewaySettingsSchema>;

const count = z.int().min(0);
const counts = z.record(z.string(), count);
/** Where an earlier gateway's draws stood. */
const noiseBefore = z.strictObject({
  ordinals: counts,
  hosts: z.record(
    z.string(),
    z.strictObject({ hits: count, channel: z.enum(['lookup', 'connection', 'request']), isHit: z.boolean() }),
  ),
  drawn: count,
  applied: count,
  appliedOf: counts,
});

/** Everything about one sandbox, always whole. */
export const sandboxSpecSchema = z.strictObject({
  sandbox: z.string().min(1),
  tenant: z.string(),
  agent: z.strictObject({ socketPath: z.string().min(1), incarnation: z.string().min(1) }),
  policy: networkPolicySchema,
  presets: z.array(expandedPresetSchema),
  authority: z.strictObject({ certificate: z.string(), key: z.string() }),
  secrets: z.array(
    z.strictObject({
      name: z.string(),
      placeholder: z.string(),
      /** Null: it is not kept any more. */
      value: z.instanceof(Uint8Array).nullable(),
    }),
  ),
  /** What is a token on its tape: of a recording, or in what is asked of a tape that it plays (null). */
  tokens: z
    .strictObject({
      recording: z.string().nullable(),
      secrets: z.strictObject({
        tenant: z.string(),
        key: z.instanceof(Uint8Array),
        values: z.array(z.instanceof(Uint8Array)),
      }),
    })
    .nullable(),
  /** Names that have addresses inside already. */
  names: z.array(z.string()).max(4096),
  /** Its fault plan, where that is about the network. */
  noise: z.strictObject({ given: sandboxFaultsSchema, generation: z.int().min(1), before: noiseBefore }).nullable(),
});
export type SandboxSpec = z.infer<typeof sandboxSpecSchema>;

export const gatewayCallSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('configure'), settings: gatewaySettingsSchema }),
  /** Answers once the agent's listeners stand, or after `waitMs`; the session keeps trying all the same. */
  z.strictObject({ method: z.literal('attach'), spec: sandboxSpecSchema, waitMs: z.int().min(0) }),
  z.strictObject({ method: z.literal('update'), spec: sandboxSpecSchema }),
  z.strictObject({ method: z.literal('detach'), sandbox: z.string() }),
  /** Changes nothing. */
  z.strictObject({ method: z.literal('inspect'), sandbox: z.string() }),
  z.strictObject({ method: z.literal('ping') }),
  /** Answers when everything is ended, told and kept. Nothing is asked after it. */
  z.strictObject({ method: z.literal('close') }),
]);
export type GatewayCall = z.infer<typeof gatewayCallSchema>;

/** The call is read by itself: one that is wrong is refused under its number, and the others' networks live on. */
export const gatewayRequestSchema = z.strictObject({ id: z.int(), call: z.unknown() });

/** What is said about a sandbox, after what was asked for was done. */
export interface AttachedInfo {
  /** The tape it records to. */
  tape: string | null;
  /** What a tape has answered it: all in all where this has ended a replay, so far where it is inspected. */
  played: TapePlayed | null;
  /** Numbers of the exchanges that have answered, where a tape is played and it is inspected; ten thousand and one at most. */
  served?: number[];
  /** How many lookups, connections and requests its fault plan was asked about, by `channel host`; where it is inspected. */
  places?: Record<string, number>;
}

/** `tape` is the one that is, or was, played. */
export type TapePlayed = TapePlay & { tape: string };

export type GatewayEvent =
  | { event: 'flows'; flows: NetworkFlow[] }
  | { event: 'link'; sandbox: string; state: 'up' | 'down' | 'stale'; reason: string | null }
  | { event: 'name'; sandbox: string; name: string }
  /** Nothing more is written to the tape that it records. */
  | { event: 'tape-failed'; sandbox: string; tape: string; reason: string }
  /** Faults that were drawn, told before they happen. */
  | { event: 'faults'; sandbox: string; labels: FaultLabel[] };

export type GatewayMessage =
  | GatewayEvent
  | { answer: number; result: AttachedInfo | null }
  | { answer: number; error: ErrorBody };

const playedSchema = z.strictObject({
  tape: z.string(),
  sandbox: z.string(),
  exchanges: count,
  used: count,
  unused: z.array(count),
  answers: z.strictObject({ exact: count, canonical: count, rule: count }),
  misses: count,
  missed: z.array(z.string()),
});
const infoSchema = z.strictObject({
  tape: z.string().nullable(),
  played: playedSchema.nullable(),
  served: z.array(count).exactOptional(),
  places: z.record(z.string().max(300), count).exactOptional(),
});
/** The flow's own shape is the gateway's word; what is checked is what the daemon builds upon. */
const flowSchema = z.looseObject({ id: z.string(), sandbox: z.string(), at: z.string(), kind: z.string() });

/** As with flows. */
const labelSchema = z.looseObject({
  channel: z.string(),
  name: z.string().max(255),
  fault: z.string(),
  kind: z.string(),
});

export const gatewayMessageSchema: z.ZodType<GatewayMessage> = z.union([
  z.strictObject({ event: z.literal('flows'), flows: z.array(flowSchema) }),
  z.strictObject({
    event: z.literal('link'),
    sandbox: z.string(),
    state: z.enum(['up', 'down', 'stale']),
    reason: z.string().nullable(),
  }),
  z.strictObject({ event: z.literal('name'), sandbox: z.string(), name: z.string().max(253) }),
  z.strictObject({ event: z.literal('tape-failed'), sandbox: z.string(), tape: z.string(), reason: z.string() }),
  z.strictObject({ event: z.literal('faults'), sandbox: z.string(), labels: z.array(labelSchema).max(256) }),
  z.strictObject({ answer: count, result: infoSchema.nullable() }),
  z.strictObject({ answer: count, error: errorBodySchema }),
]) as unknown as z.ZodType<GatewayMessage>; // flowSchema checks less than the type says, as it explains
