import { isSystemAccount, type SignedPrincipal } from '../domain/principal.ts';
import type { IdentityServices } from '../services/identity/identity-services.ts';
import { integer, required, text, withDefault } from '../wire/query/parameters.ts';

/** No name looks like an id. */
export const tenantName = text({
  min: 1,
  max: 128,
  pattern: '(?!\\d{12}$|\\d{15}$)[\\w+=,.@\\-][\\w+=,.@ \\-]{0,127}',
});
export const email = text({ max: 256 });
/** An id; of principals of the system account a name will do. */
export const tenant = required(text({ min: 1, max: 128 }));
export const maxItems = withDefault(integer({ min: 1, max: 1000 }), 100);
const bound = (min: number) => integer({ min, max: Number.MAX_SAFE_INTEGER });

/** Left out: no bound. */
export const quotaBounds = { QuotaBytes: bound(0), QuotaObjects: bound(0) };
export const rateBounds = { RequestsPerSecond: bound(1), BytesPerSecond: bound(1) };

interface WrittenBounds {
  readonly QuotaBytes: number | undefined;
  readonly QuotaObjects: number | undefined;
}

export const quotaIn = ({ QuotaBytes: bytes, QuotaObjects: objects }: WrittenBounds) => ({
  ...(bytes === undefined ? {} : { bytes }),
  ...(objects === undefined ? {} : { objects }),
});

interface WrittenRates {
  readonly RequestsPerSecond: number | undefined;
  readonly BytesPerSecond: number | undefined;
}

export const ratesIn = ({ RequestsPerSecond: requests, BytesPerSecond: bytes }: WrittenRates) => ({
  ...(requests === undefined ? {} : { requests }),
  ...(bytes === undefined ? {} : { bytes }),
});

const idForm = /^(?:\d{12}|\d{15})$/;

/**
 * The id that is meant. Names are looked up for principals of the system account alone: a refusal names the tenant by its
 * id, which is nobody else's to learn. Of a name that nobody has: the name itself.
 */
export async function tenantIdOf(
  written: string,
  { account }: SignedPrincipal,
  { tenants }: Pick<IdentityServices, 'tenants'>,
): Promise<string> {
  if (idForm.test(written) || !isSystemAccount(account)) return written;
  return (await tenants.idOfName(written)) ?? written;
}
