/** Ports inside a sandbox, from outside: a connection of one's own, and previews that others open in a browser. */
import { z } from 'zod';

/**
 * Who may open a preview. `signed`: whoever holds its URL, until it expires. `public`: whoever knows its host name. What
 * only the owner may reach needs no preview: `connectPort` asks for the owner's key.
 */
export const visibilities = ['signed', 'public'] as const;
export type Visibility = (typeof visibilities)[number];

export const portSchema: z.ZodInt = z.int().min(1).max(65_535);

export const longestPreviewMs: number = 7 * 24 * 3_600_000;

export const sharePortSchema = z.strictObject({
  port: portSchema,
  visibility: z.enum(visibilities).default('signed'),
  expiresInMs: z.int().min(1000).max(longestPreviewMs).default(3_600_000),
  /** Give the program inside the preview's own Host and Origin instead of `localhost:<port>`. */
  keepHost: z.boolean().default(false),
});
export type SharePort = z.input<typeof sharePortSchema>;

export const previewSchema = z.object({
  id: z.string(),
  sandbox: z.string(),
  port: portSchema,
  visibility: z.enum(visibilities),
  keepHost: z.boolean(),
  /** Of a signed preview it lets in whoever has it: a secret. */
  url: z.string(),
  createdAt: z.string(),
  /** ISO 8601. */
  expiresAt: z.string(),
});
export type Preview = z.infer<typeof previewSchema>;

/** A raw two-way byte stream to a program inside. */
export interface PortConnection {
  /** What comes from inside, until that side ends. One reader; leaving the loop closes the connection. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when both directions are over, whatever the reason. */
  readonly closed: Promise<void>;
  /** Resolves when there is room for more; rejects when nobody takes it any more. */
  write(data: Uint8Array): Promise<void>;
  /** Nothing more is sent; what comes from inside still does. */
  endInput(): Promise<void>;
  /** Drops both directions at once. */
  close(): Promise<void>;
}
