import type { Principal } from '../domain/principal.ts';
import type { AppliedLimits } from '../domain/rate-limits.ts';
import type { RateLimiter } from '../services/rate-limits/rate-limiter.ts';
import type { Reply } from './reply.ts';
import type { RequestHead } from './request-head.ts';

/** What a request is held to; undefined for most, who then pay nothing for it. Anonymous ones have no account. */
export function limitsOf(principal: Principal): AppliedLimits | undefined {
  return principal.kind !== 'anonymous' ? principal.rateLimits : undefined;
}

/** Throws SlowDown. The body counts in full when it is announced, so that many at once do not pass as nothing. */
export async function admitRequest(rates: RateLimiter, limits: AppliedLimits, { headers }: RequestHead): Promise<void> {
  await rates.admit(limits);
  const announced = Number(headers['content-length'] ?? headers['x-amz-decoded-content-length'] ?? 0);
  if (Number.isSafeInteger(announced)) rates.charge(limits, announced);
}

/** Counts an answer when it begins; answers `undefined` for one whose length is known only at its end. */
export function chargeReply(rates: RateLimiter, limits: AppliedLimits, { body }: Reply): number | undefined {
  if (body === undefined) return 0;
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  if (bytes !== undefined) rates.charge(limits, bytes);
  return bytes;
}
