/** A chain of authority as one runtime shows it to another: each part signed by the runtime that added it. */
import { z } from 'zod';
import { agentLimitsSchema, agentManifestSchema, capabilitySchema } from './agent.ts';

export const delegationFormat = 'holdfast-delegation/1';
export const mostSegments = 8;
const mostLinks = 32;

/** An Ed25519 key of 32 bytes. */
export const peerKeySchema: z.ZodString = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'a public key: 43 characters of base64url');
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const { policies, approvals } = agentManifestSchema.shape;

/** What one agent of the chain takes away from all below: as in its manifest. */
const signedLinkSchema = z.strictObject({
  /** Its name; behind that of the runtime it works in, where that is another. */
  agent: z.string().regex(/^[a-z][a-z0-9-]{0,62}(\/[a-z][a-z0-9-]{0,62})?$/),
  manifest: digest,
  capabilities: z.array(capabilitySchema).max(256),
  limits: agentLimitsSchema,
  expiresMs: z.int().min(0).nullable(),
  policies,
  approvals,
});
export type SignedLink = z.infer<typeof signedLinkSchema>;

const segmentSchema = z.strictObject({
  format: z.literal(delegationFormat),
  /** Who signed it. */
  issuer: peerKeySchema,
  /** For whom it is; anybody else refuses it. */
  audience: peerKeySchema,
  /** Says once what is asked for: the same one is never two sessions. */
  id: z.string().min(1).max(256),
  /** Milliseconds since 1970; nothing is done by it from then on. */
  expiresMs: z.int().min(0),
  /** Of what is asked for: agent and message. */
  request: digest,
  /** The most that may be used for it. */
  limits: agentLimitsSchema,
  untrusted: z.boolean(),
  /** The agents that the issuer added, from the first to the one that delegates. */
  links: z.array(signedLinkSchema).min(1).max(mostLinks),
  /** base64url. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
export type DelegationSegment = z.infer<typeof segmentSchema>;

export const delegationSchema = z.strictObject({
  tenant: z.string().min(1).max(128),
  person: z.string().min(1).max(128),
  /** From the runtime that the person spoke to, to the one that asks. */
  segments: z.array(segmentSchema).min(1).max(mostSegments),
});
/** Whoever gets it does no more by it than every link allows. */
export type Delegation = z.infer<typeof delegationSchema>;

const peerName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'a lower-case letter, then letters, digits and hyphens');

/** Other runtimes, as the owner of one lists them. */
export const peersSchema = z.strictObject({
  peers: z
    .array(
      z.strictObject({
        name: peerName,
        publicKey: peerKeySchema,
        /** For whom it may speak, and who may give it work. */
        tenants: z.array(z.string().min(1).max(128)).min(1),
        /** Agents of `--agents` that it may start. */
        agents: z.array(peerName).default([]),
        /** Where it is asked; with the file that has the key for it. */
        url: z.url({ protocol: /^https?$/ }).optional(),
        keyFile: z.string().min(1).optional(),
      }),
    )
    .max(64)
    .refine((all) => new Set(all.map((one) => one.name)).size === all.length, 'two peers have the same name')
    .refine((all) => new Set(all.map((one) => one.publicKey)).size === all.length, 'two peers have the same key'),
});
