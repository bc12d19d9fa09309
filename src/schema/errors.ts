/** The schemas of the one error shape; the shape itself is error-class.ts. */
import { z } from 'zod';
import { type ErrorBody, type ErrorCode, errorCodes, faults } from './error-class.ts';

export * from './error-class.ts';

export const errorCodeSchema: z.ZodType<ErrorCode> = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]);

/** What stands under `error` in every JSON failure, HTTP or CLI. */
export const errorBodySchema: z.ZodType<ErrorBody> = z.object({
  code: errorCodeSchema,
  message: z.string(),
  fault: z.enum(faults),
  retryable: z.boolean(),
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
}) as z.ZodType<ErrorBody>;
