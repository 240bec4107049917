import { recordType } from './record-type.ts';
import { sparseFields } from './sparse-fields.ts';

/**
 * A request that the gate refused, as it was weighed: what people who ask why are told from. It holds what policies were
 * asked and what they could have seen, and never a secret, a signature, a token or a body.
 */
export interface RefusalRecord {
  readonly requestId: string;
  readonly at: number;
  readonly operation: string;
  /** The account of who asked; undefined for anonymous requests. */
  readonly accountId: string | undefined;
  /** The ARN of who asked, or `anonymous`. */
  readonly principal: string;
  readonly accessKeyId: string | undefined;
  readonly action: string;
  readonly resource: string;
  /** The owner of the resource; undefined where it has none. */
  readonly resourceAccountId: string | undefined;
  /** What decided, in the gate's word. */
  readonly by: string;
  /** Condition keys that the policies of who asked asked for, with what the request had, when it was refused. */
  readonly conditions: readonly (readonly [key: string, values: readonly string[] | null])[];
  /** What was weighed, side by side and statement by statement: JSON of `ExplainedSide[]`. */
  readonly statements: string;
  /** What else of the request was refused: each object of a DeleteObjects is weighed by itself. The first ones of many. */
  readonly others?: readonly RefusedPart[] | undefined;
}

export interface RefusedPart {
  readonly action: string;
  readonly resource: string;
  readonly by: string;
}

const attributes = sparseFields<Pick<RefusalRecord, 'others'>>({
  others: {
    code: 0,
    pack: (parts) => parts.map(({ action, resource, by }) => [action, resource, by]),
    unpack: (packed) =>
      (packed as [string, string, string][]).map(([action, resource, by]) => ({ action, resource, by })),
  },
});

export const refusalRecordType = recordType<RefusalRecord>({
  name: 'refusal',
  version: 1,
  migrations: [],
  toFields: (r) => [
    r.requestId,
    r.at,
    r.operation,
    r.accountId ?? null,
    r.principal,
    r.accessKeyId ?? null,
    r.action,
    r.resource,
    r.resourceAccountId ?? null,
    r.by,
    r.conditions,
    r.statements,
    attributes.pack(r),
  ],
  fromFields: (f) => ({
    requestId: f[0] as string,
    at: f[1] as number,
    operation: f[2] as string,
    accountId: (f[3] as string | null) ?? undefined,
    principal: f[4] as string,
    accessKeyId: (f[5] as string | null) ?? undefined,
    action: f[6] as string,
    resource: f[7] as string,
    resourceAccountId: (f[8] as string | null) ?? undefined,
    by: f[9] as string,
    conditions: f[10] as [string, string[] | null][],
    statements: f[11] as string,
    ...attributes.unpack(f[12]),
  }),
});
