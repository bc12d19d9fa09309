/**
 * The network as callers see it: what a sandbox may reach, what it did reach, secrets it may use without having them.
 * Empty is the most restrictive: a policy without rules lets nothing out.
 */
import { z } from 'zod';

const portSchema = z.int().min(1).max(65_535);
/** Spellings are checked and normalised by network/policy; here only sizes. */
const hostPatternSchema = z.string().min(1).max(260);
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1).max(256)]);

export const networkProtocols = ['https', 'http', 'tcp'] as const;
export type NetworkProtocol = (typeof networkProtocols)[number];

export const secretNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens, at most 63 characters');

/** Where in a request a secret's placeholder may stand, and nowhere else. */
export const secretPositionSchema = z.discriminatedUnion('kind', [
  /** Anywhere inside the value of this header, e.g. `Bearer <placeholder>`. */
  z.strictObject({ kind: z.literal('header'), name: z.string().regex(/^[a-z0-9-]{1,64}$/) }),
  /** As user name or password of `authorization: Basic`. */
  z.strictObject({ kind: z.literal('basic') }),
  /** The value of this query parameter. */
  z.strictObject({ kind: z.literal('query'), name: z.string().min(1).max(128) }),
  /** A string of a JSON body, by JSON Pointer (RFC 6901). */
  z.strictObject({
    kind: z.literal('json'),
    pointer: z
      .string()
      .regex(/^(\/[^/]*)+$/)
      .max(256),
  }),
]);
export type SecretPosition = z.infer<typeof secretPositionSchema>;

export const networkRuleLimitsSchema = z.strictObject({
  /** Bytes the sandbox may send, per connection (tunnel) or request (mediated: its head, as HTTP/1.1 has it, and its body). */
  bytesUp: z.int().min(1).optional(),
  bytesDown: z.int().min(1).optional(),
  /** The same over all connections of the sandbox that this rule allows. */
  bytesUpPerMinute: z.int().min(1).optional(),
  bytesDownPerMinute: z.int().min(1).optional(),
  /** Over all connections of the sandbox that this rule allows. */
  bytesPerSecond: z.int().min(1024).optional(),
  /** Connections (tunnel) or requests (mediated). */
  requestsPerMinute: z.int().min(1).optional(),
});
export type NetworkRuleLimits = z.infer<typeof networkRuleLimitsSchema>;

export const allowRuleSchema = z.strictObject({
  /** `api.example.com`, `*.example.com` (names below, not itself), or an address. */
  host: oneOrMore(hostPatternSchema),
  /** `https` is TLS, `http` plain text, `tcp` any bytes, unseen. */
  protocol: z.enum(networkProtocols).default('https'),
  /** 443 for https and 80 for http when absent; `tcp` must name them. */
  ports: z.array(portSchema).min(1).max(64).optional(),
  /** Upper case. Absent: any. */
  methods: z
    .array(z.string().regex(/^[A-Z]{1,32}$/))
    .min(1)
    .optional(),
  /** `/v1/*` one segment, `/v1/**` everything below. Absent: any. */
  paths: z.array(z.string().startsWith('/').max(1024)).min(1).max(256).optional(),
  /** Read the TLS even where no other part of the rule needs it. */
  mediate: z.boolean().default(false),
  /** CIDR ranges among the refused ones (private, loopback of the host, link-local...) that this rule may dial. */
  addresses: z.array(z.string().max(64)).min(1).max(64).optional(),
  limits: networkRuleLimitsSchema.optional(),
  credentials: z
    .array(z.strictObject({ secret: secretNameSchema, position: secretPositionSchema }))
    .max(16)
    .optional(),
});
export type AllowRule = z.infer<typeof allowRuleSchema>;

export const denyRuleSchema = z.strictObject({
  /** As in an allow rule; `*` is every host. */
  host: oneOrMore(hostPatternSchema),
  ports: z.array(portSchema).min(1).max(64).optional(),
  methods: z
    .array(z.string().regex(/^[A-Z]{1,32}$/))
    .min(1)
    .optional(),
  paths: z.array(z.string().startsWith('/').max(1024)).min(1).max(256).optional(),
});
export type DenyRule = z.infer<typeof denyRuleSchema>;

/** The least a package manager needs; its hosts come from its own configuration on the host. */
export const networkPresets = ['npm', 'pip', 'apt', 'go', 'cargo', 'maven'] as const;
export type NetworkPreset = (typeof networkPresets)[number];

/** A preset as one machine's configuration made it. */
export const expandedPresetSchema = z.strictObject({
  preset: z.enum(networkPresets),
  rules: z.array(allowRuleSchema),
  /** What the manager inside needs to use the same registry. */
  environment: z.record(z.string(), z.string()),
  /** The same as files, beside those that tools inside trust. */
  files: z.array(z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/), base64: z.string() })),
});
export type ExpandedPreset = z.infer<typeof expandedPresetSchema>;

const regularExpressionSchema = z
  .string()
  .min(1)
  .max(512)
  .refine((text) => {
    try {
      return Boolean(new RegExp(text));
    } catch {
      return false;
    }
  }, 'not a regular expression');

const tapeRuleSchema = z.strictObject({
  /** `api.example.com`, or `*.example.com` for the names below it. */
  host: hostPatternSchema,
  methods: z.array(z.string()).min(1).optional(),
  /** Applies to targets that match; all when absent. Expressions must run in linear time: no look-around. */
  target: regularExpressionSchema.optional(),
  /** Query parameters, compared headers and JSON values (RFC 6901) that do not count. */
  ignore: z
    .strictObject({
      query: z.array(z.string()).optional(),
      headers: z.array(z.string()).optional(),
      json: z.array(z.string().regex(/^(\/[^/]*)+$/)).optional(),
      body: z.boolean().optional(),
    })
    .optional(),
  /** Replaced in the target, on both sides, in this order, before it is compared; `$&` and `$1` to `$9` stand for what matched. */
  replace: z.array(z.strictObject({ pattern: regularExpressionSchema, with: z.string().max(512) })).optional(),
  /** Answers in recorded order, whatever is asked. Comes before all other matching. */
  sequence: z.boolean().optional(),
});
export type TapeRule = z.infer<typeof tapeRuleSchema>;

/** What a tape overlooks when it looks for an answer. */
export const tapeRulesSchema = z.strictObject({
  /** Headers that are part of what is compared, lower case. */
  headers: z.array(z.string().regex(/^[a-z0-9-]+$/)).default([]),
  hosts: z.array(tapeRuleSchema).max(256).default([]),
});
export type TapeRules = z.infer<typeof tapeRulesSchema>;
export type TapeRulesInput = z.input<typeof tapeRulesSchema>;

export const networkPolicySchema = z.strictObject({
  version: z.literal(1).default(1),
  presets: z.array(z.enum(networkPresets)).max(16).default([]),
  allow: z.array(allowRuleSchema).max(1024).default([]),
  /** Beats every allow rule. */
  deny: z.array(denyRuleSchema).max(1024).default([]),
  /** Variables inside that hold a secret's placeholder. */
  secrets: z
    .array(z.strictObject({ secret: secretNameSchema, environment: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }))
    .max(64)
    .default([]),
  /** Where the rules stood in the file they were read from, for messages. */
  source: z
    .strictObject({ file: z.string().max(4096), allow: z.array(z.int().min(1)), deny: z.array(z.int().min(1)) })
    .optional(),
  /** `record` writes every mediated exchange to a tape; `replay` answers from one and dials nothing. */
  tape: z
    .discriminatedUnion('mode', [
      z.strictObject({ mode: z.literal('record'), name: z.string().max(63).optional() }),
      z.strictObject({
        mode: z.literal('replay'),
        /** Its id. */
        tape: z.string().max(64),
        rules: tapeRulesSchema.optional(),
        /** Dates in answers move with the time of the answer. */
        refreshDates: z.boolean().optional(),
        /** What time it is for whoever plays it: certificates are valid then. Absent: the machine's. */
        at: z.iso.datetime().optional(),
      }),
    ])
    .optional(),
});
export type NetworkPolicy = z.infer<typeof networkPolicySchema>;
export type NetworkPolicyInput = z.input<typeof networkPolicySchema>;

/** `none`: no way out at all, the default. */
export const networkSchema = z.union([z.literal('none'), networkPolicySchema]);
export type Network = z.infer<typeof networkSchema>;

/** What programs of a sandbox with a network find, for those that ask for a proxy. */
export const proxyVariables = [
  'http_proxy',
  'https_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
] as const;
export type NetworkInput = z.input<typeof networkSchema>;

export const networkQuestionSchema = z.strictObject({
  /** `https://host/path`, `http://...`, or `host:port` for any bytes. */
  url: z.string().min(1).max(8192),
  method: z.string().min(1).max(32).default('GET'),
});
export type NetworkQuestion = z.input<typeof networkQuestionSchema>;

/** Why something was allowed or not. Closed; pinned by a test. */
export const decisionCodes = [
  'allowed',
  'no-rule',
  'denied-by-rule',
  'host-malformed',
  'port-not-allowed',
  'protocol-not-allowed',
  'method-not-allowed',
  'path-not-allowed',
  'path-malformed',
  'name-mismatch',
  'address-refused',
  'address-not-allowed',
  'byte-limit',
  'rate-limit',
  'secret-misplaced',
  'tape-miss',
  'policy-changed',
] as const;
export type DecisionCode = (typeof decisionCodes)[number];

/** A rule of a policy, by where it stands. */
export interface RuleRef {
  list: 'allow' | 'deny';
  /** Position in its list, after presets' rules, which come first. */
  index: number;
  preset: NetworkPreset | null;
  /** Line of the policy file, from 1; null for inline policies and presets. */
  line: number | null;
  /** The rule in one line, e.g. `allow https *.example.com GET /v1/**`. */
  text: string;
}

export interface Decision {
  allowed: boolean;
  code: DecisionCode;
  rule: RuleRef | null;
  /** One sentence, safe to show to the agent. */
  message: string;
  /** The change to the policy that would allow it; null when allowed or when none can. */
  hint: string | null;
}

/** How a question about a policy was answered; nothing was sent. */
export interface NetworkAnswer {
  decision: Decision;
  /** `tunnel`: bytes pass unseen; `mediate`: the gateway reads the request. Null when denied. */
  carried: 'tunnel' | 'mediate' | null;
  /** What is known only when something is sent, for a person; null of what is denied. */
  later: string | null;
}

export interface NetworkFlowQuery {
  /** Only what came after the flow with this id. */
  since?: string;
  /** Go on with what comes, until the signal. */
  follow?: boolean;
  /** Only what was denied. */
  denied?: boolean;
}

export const secretValueLimits = { leastBytes: 8, mostBytes: 65_536 } as const;

/** `inside`: the sandbox, or the way into it. */
export type EndedBy = 'inside' | 'outside' | 'gateway';

export const flowKinds = ['dns', 'tunnel', 'request', 'websocket', 'refused'] as const;
export type FlowKind = (typeof flowKinds)[number];

/** One thing that left, or tried to. What it shows never holds a secret: placeholders stand as the sandbox wrote them. */
export interface NetworkFlow {
  id: string;
  sandbox: string;
  /** ISO 8601, when it began. */
  at: string;
  durationMs: number;
  kind: FlowKind;
  via: 'proxy' | 'socks' | 'transparent' | 'dns';
  host: string;
  port: number;
  protocol: NetworkProtocol | 'dns';
  /** The address dialled, or of a lookup the one answered; null when there is none. */
  address: string | null;
  method: string | null;
  path: string | null;
  status: number | null;
  bytesUp: number;
  bytesDown: number;
  /** Milliseconds from its beginning until the outside was connected and until its answer began; null where it was not. */
  timing: { connectedMs: number | null; firstByteMs: number | null };
  /** What the sandbox's TLS greeting asked for; null without TLS, or where it was not read. */
  tls: { serverName: string | null; protocols: string[] } | null;
  decision: Decision;
  /** What broke after it was allowed; null when nothing did. */
  error: string | null;
  /** Who broke it; absent where nothing broke, and where nobody can be named: a silence, a name that is not there, what a tape holds. */
  endedBy?: EndedBy;
  /** That it broke was the doing of the sandbox's fault plan; absent where it was not. */
  injected?: true;
  /** Names of secrets placed into it. */
  secrets: string[];
  /** The exchange on the tape; null when not taped. */
  tape: { tape: string; exchange: number } | null;
  /** So many of the sandbox's that came right after this one are missing: too many at once. Absent where none is. */
  missing?: number;
}

export interface SecretInfo {
  name: string;
  createdAt: string;
  updatedAt: string;
}

/** What a tape has answered to one sandbox that plays it, since its gateway began. */
export interface TapePlay {
  sandbox: string;
  /** On the tape. */
  exchanges: number;
  /** Exchanges that answered at least once. */
  used: number;
  /** Numbers of the first thousand that did not. */
  unused: number[];
  /** How answers were found, step by step of the ladder. */
  answers: { exact: number; canonical: number; rule: number };
  /** Requests without an answer. */
  misses: number;
  /** The last hundred, in words. */
  missed: string[];
}

export interface TapeInfo {
  id: string;
  name: string | null;
  sandbox: string | null;
  createdAt: string;
  exchanges: number;
  bytes: number;
  /** Still being written. */
  open: boolean;
  /** Hash of its last line, which binds all that it holds; null until it is closed. */
  root: string | null;
  /** Of its policy: who plays it with them has what they stood for then. */
  presets: NetworkPreset[];
  /** Of each sandbox that plays it now; an event `tape-played` tells of one that did. */
  plays: TapePlay[];
}
