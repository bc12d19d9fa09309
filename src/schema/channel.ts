/**
 * Channels: where people talk with agents. A channel leads to one agent; what may come and go by it is part of it, so that it
 * can be reviewed. Secrets are names of the tenant's secret store.
 */
import { z } from 'zod';
import { dataClasses } from './agent.ts';
import { secretNameSchema } from './network.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'a lower-case letter, then letters, digits and hyphens');
const person = z.string().regex(/^[\w.@+-]{1,128}$/, 'letters, digits and . _ @ + -');

export const channelKinds = ['web', 'slack', 'whatsapp', 'email'] as const;
export type ChannelKind = (typeof channelKinds)[number];
export const risks = ['read', 'write', 'irreversible'] as const;
export type Risk = (typeof risks)[number];

const common = {
  name,
  tenant: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens')
    .default('default'),
  /** The agent that answers: the entry of a bundle that the runtime knows. */
  agent: name,
  /** What people are told first. */
  disclosure: z.string().min(1).max(1024).default('You are talking to an automated assistant (AI), not to a person.'),
  /** Whether addresses here may be linked to a person who is known elsewhere. */
  linking: z.boolean().default(false),
  /** The most secret class of data that this channel may carry. */
  carries: z.enum(dataClasses).default('internal'),
  /** What of a conversation's history from other channels is known here: up to this class of what was said there. */
  follows: z.enum(['nothing', ...dataClasses]).default('nothing'),
  /** Who may decide approvals from here, when their address is linked. */
  approvers: z.array(person).max(256).default([]),
};

/** What tools may do at most when a message from here leads to it. An address that nobody vouches for undoes nothing for good. */
const most = z
  .strictObject({ unlinked: z.enum(['read', 'write']).default('read'), linked: z.enum(risks).default('write') })
  .prefault({});

export const channelSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('web'),
    most,
    /** Origins of pages that may use it. */
    origins: z.array(z.url().max(512)).max(64).default([]),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('slack'),
    most,
    /** Id of the workspace. */
    team: z.string().regex(/^T[A-Z0-9]{1,32}$/, 'the id of a Slack workspace, such as T0123'),
    secrets: z.strictObject({ botToken: secretNameSchema, signingSecret: secretNameSchema }),
    /** Another address of Slack's API. */
    apiUrl: z.url().max(2048).exactOptional(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('whatsapp'),
    most,
    /** What the business uses it for: assistants without a purpose of their own are not let in there. */
    purpose: z.string().min(16).max(1024),
    phoneNumberId: z.string().regex(/^\d{1,32}$/, 'the id of the business’s phone number, digits'),
    secrets: z.strictObject({
      accessToken: secretNameSchema,
      appSecret: secretNameSchema,
      verifyToken: secretNameSchema,
    }),
    /** Another address of the Graph API. */
    apiUrl: z.url().max(2048).exactOptional(),
  }),
  z
    .strictObject({
      ...common,
      kind: z.literal('email'),
      most,
      /** Where people write to, and whom answers come from. */
      address: z.email().max(254),
      /** Of 127.0.0.1: where the mail server that takes mail for that address hands it on, by SMTP. */
      port: z.int().min(1).max(65_535),
      /**
       * How that server names itself in `Authentication-Results`. A mail is taken only if it found there that its sender's domain sent it
       * (`dmarc=pass`); it has to remove such lines of others in its name.
       */
      verifier: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/, 'the name of a mail server, such as mx.shop.example'),
      /** Where answers are given to: `smtps://`, or `smtp://` with STARTTLS, which only this machine may lack; with who logs in, if anybody. */
      relay: z.url({ protocol: /^smtps?$/ }).max(2048),
      secrets: z.strictObject({ inboundPassword: secretNameSchema, relayPassword: secretNameSchema.exactOptional() }),
    })
    .refine(({ relay }) => new URL(relay).password === '', {
      path: ['relay'],
      error: 'a password does not stand in a file: name its secret, secrets.relayPassword',
    })
    .refine(({ relay, secrets }) => (new URL(relay).username === '') === (secrets.relayPassword === undefined), {
      path: ['relay'],
      error:
        'who logs in stands before the @ of the relay, and the name of the password under secrets.relayPassword: both, or none',
    }),
]);
export type ChannelInput = z.input<typeof channelSchema>;
export type Channel = z.output<typeof channelSchema>;

/** Channels in a file, and the file of the agents that they lead to, from there. */
export const channelFileSchema = z.strictObject({
  agents: z.string().min(1).max(4096),
  channels: z.array(channelSchema).min(1).max(256),
});

/** By which way a message came, and what that way allows: part of the message. */
export const viaSchema = z.object({
  channel: name,
  /** A person vouched for the address. */
  linked: z.boolean(),
  most: z.enum(risks),
  carries: z.enum(dataClasses),
  follows: z.enum(['nothing', ...dataClasses]),
});
export type Via = z.infer<typeof viaSchema>;

/** What a chat page shows. */
export type ChatEvent =
  | { type: 'message'; role: 'user' | 'assistant'; text: string; channel: string | null; at: string }
  /** Text of an answer under way, from that character on. */
  | { type: 'partial'; from: number; text: string }
  | { type: 'withdrawn' }
  | { type: 'notice'; text: string };

export interface LinkCode {
  /** Sent from the other channel, as it stands. */
  code: string;
  expiresAt: string;
}

export interface LinkedAddress {
  id: string;
  channel: string;
  /** With its middle left out. */
  address: string;
  linkedAt: string;
}
