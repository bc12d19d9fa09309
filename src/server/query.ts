/** Schemas for what stands in a query, where everything is text. */
import { z } from 'zod';

/** Written as digits only: no sign, no exponent, no spaces, no silent zero for an empty text. */
export const integerText = (schema: z.ZodInt): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'a whole number in digits')
    .transform(Number)
    .pipe(schema);

export const flagText: z.ZodType<boolean> = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .pipe(z.boolean());

/** A parameter that may be repeated. */
export const listText = <T>(item: z.ZodType<T, string>): z.ZodType<T[]> =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat())
    .pipe(z.array(item).max(1000));

/** `key=value` pairs, repeated. */
export const pairsText: z.ZodType<Record<string, string>> = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat())
  .refine((pairs) => pairs.length <= 100 && pairs.every((pair) => pair.indexOf('=') > 0), 'key=value pairs')
  .transform((pairs) =>
    Object.fromEntries(
      pairs.map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
    ),
  )
  .pipe(z.record(z.string(), z.string()));

export const offsetText: z.ZodType<number> = integerText(z.int().min(0));
export const cursorText: z.ZodString = z.string().min(1).max(1024);
export const refText: z.ZodString = z.string().min(1).max(128);
