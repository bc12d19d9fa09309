/** What the routes of channels answer with; as in responses.ts. */
import { z } from 'zod';
import type { LinkCode, LinkedAddress } from '../schema/index.ts';

const text = z.string();

export const linkCodeSchema: z.ZodType<LinkCode> = z.object({ code: text, expiresAt: text });

export const linkedAddressSchema: z.ZodType<LinkedAddress> = z.object({
  id: text,
  channel: text,
  address: text,
  linkedAt: text,
});
