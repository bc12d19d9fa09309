/** What a service, or a mail server, answered to a message that it did not take. */
import { z } from 'zod';
import type { SendResult } from '../types.ts';

const failureSchema = z.looseObject({
  message: z.string().catch('it failed'),
  code: z.string().catch(''),
  status: z.number().catch(0),
  data: z.looseObject({ error: z.string().catch('') }).catch({ error: '' }),
});

/** Of Slack, and of the adapters. */
const refusedCodes = /^(NOT_FOUND|PERMISSION_DENIED|VALIDATION_ERROR|AUTH_FAILED)$/;
const passingErrors = /^(|ratelimited|rate_limited|internal_error|fatal_error|service_unavailable|request_timeout)$/;
/** Of Meta: too fast, or busy. */
const passingMeta = new Set(['1', '2', '4', '17', '341', '80007', '130429', '131048', '131056', '131016']);
/** Nobody of that number wrote within a day. */
const outsideWindow = '131047';

export function slackFailure(error: unknown): SendResult {
  const { message, code, data } = failureSchema.parse(Object(error));
  const isPassing = !refusedCodes.test(code) && passingErrors.test(data.error);
  return { sent: false, why: isPassing ? 'passing' : 'refused', message: shortened(message) };
}

export function whatsappFailure(error: unknown): SendResult {
  const { message, code, status } = failureSchema.parse(Object(error));
  if (code === outsideWindow) return { sent: false, why: 'outside-window' };
  const isPassing = status === 0 || status >= 500 || status === 429 || passingMeta.has(code);
  return { sent: false, why: isPassing ? 'passing' : 'refused', message: shortened(message) };
}

/** As nodemailer tells it. */
export const isLoginFailure = (error: unknown): boolean => failureSchema.parse(Object(error)).code === 'EAUTH';

/** As nodemailer tells it: with the server's answer, where there was one. */
export function mailFailure(error: unknown): SendResult {
  const { message } = failureSchema.parse(Object(error));
  const answered: unknown = Reflect.get(Object(error), 'responseCode');
  // A login that is refused says nothing of the mail.
  const isRefused = typeof answered === 'number' && answered >= 500 && !isLoginFailure(error);
  return { sent: false, why: isRefused ? 'refused' : 'passing', message: shortened(message) };
}

const shortened = (message: string): string => message.slice(0, 500);
