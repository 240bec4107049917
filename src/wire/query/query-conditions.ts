import type { ConditionContext } from '../../domain/policy/policy-request.ts';
import type { Principal } from '../../domain/principal.ts';
import { principalCondition } from '../../services/authorization/principal-conditions.ts';
import type { RequestHead } from '../request-head.ts';
import type { MoreConditions } from './query-operation.ts';

interface Asked {
  readonly head: RequestHead;
  readonly principal: Principal;
  /** In milliseconds since the epoch. */
  readonly now: number;
  readonly region: string;
  readonly more: MoreConditions;
}

type Read = (asked: Asked) => string | undefined;

const single: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['aws:currenttime', ({ now }) => new Date(now).toISOString()],
  ['aws:epochtime', ({ now }) => String(Math.floor(now / 1000))],
  ['aws:referer', ({ head }) => head.headers.referer?.slice(0, longestValue)],
  ['aws:requestedregion', ({ region }) => region],
  ['aws:securetransport', ({ head }) => String(head.secure)],
  ['aws:sourceip', ({ head }) => head.clientAddress],
  ['aws:useragent', ({ head }) => head.headers['user-agent']?.slice(0, longestValue)],
  ['aws:viaawsservice', () => 'false'],
]);
/** Patterns are held against them: their cost is the product of both lengths. */
const longestValue = 4096;

/** What policies may ask about a request for IAM, STS or Cairn. Nothing is computed before one asks. */
export function queryConditions(asked: Asked): ConditionContext {
  return {
    values(key) {
      const read = single.get(key);
      if (read !== undefined) {
        const value = read(asked);
        return value === undefined ? undefined : [value];
      }
      return Object.hasOwn(asked.more, key) ? asked.more[key] : principalCondition(asked.principal, key);
    },
  };
}
