import type { Grant } from '../domain/grant.ts';
import type { Principal } from '../domain/principal.ts';
import { sourceOf } from '../foundation/bytes.ts';
import type { Clock } from '../foundation/clock.ts';
import type { BucketRecord } from '../records/bucket-record.ts';
import type { BucketSetting } from '../records/bucket-setting.ts';
import { inventorySetting } from '../records/inventory-setting.ts';
import { analyticsSetting, metricsSetting, tieringSetting } from '../records/kept-setting.ts';
import { Access, type Gate } from '../services/authorization/access.ts';
import { allowedBy } from '../services/authorization/verdict.ts';
import type {
  BucketConfigurations,
  ConfigurationCall,
  Configurer,
  RequestOrigin,
} from '../services/identity-transfer/bucket-configurations.ts';
import type { RequestBody } from '../wire/authentication/request-body.ts';
import type { DocumentBudget } from '../wire/document-budget.ts';
import { QueryParameters } from '../wire/query-parameters.ts';
import { amzHeadersOf, type RequestHead } from '../wire/request-head.ts';
import { configurationSettings } from './configuration-settings.ts';
import type { Operation, PreparedOperation } from './operation.ts';
import { createBucket } from './operations/create-bucket.ts';
import { readDocument } from './read-document.ts';
import { requestConditions } from './request-conditions.ts';
import type { S3Services } from './s3-services.ts';

interface ConfigurationContext {
  readonly services: S3Services;
  readonly clock: Clock;
  readonly limits: { readonly maximumDocumentBytes: number; readonly documents: DocumentBudget };
}

/** A call as if it had come as a request. */
interface MadeRequest {
  readonly operation: Operation;
  readonly prepared: PreparedOperation;
  readonly head: RequestHead;
}

/** Configurations of buckets by S3's own operations, within the process. */
export function bucketConfigurations(context: ConfigurationContext): BucketConfigurations {
  const { services, clock } = context;
  const { authorization, region } = services;
  const accessOf = ({ principal }: Pick<Configurer, 'principal'>, head: RequestHead, gate: Gate) =>
    new Access(gate, {
      principal,
      conditions: requestConditions({ head, principal, now: clock.now(), region }),
      acceptsCharges: false,
    });

  // What closes new buckets here is taken away or put by steps of their own: an import that is cut off in between has to
  // find, when it goes on, only what is of the document.
  const whenMaking: S3Services = { ...services, newBuckets: 'classic' };

  async function run({ operation, prepared, head }: MadeRequest, access: Access, document: string | undefined) {
    const by = operation === createBucket ? whenMaking : services;
    const { principal } = access.request;
    const body = bodyOf(document ?? '');
    const { maximumDocumentBytes: limit, documents: budget } = context.limits;
    const read = document === undefined ? undefined : await readDocument(operation.body, { head, body, limit, budget });
    const accountId = accountIdOf(principal);
    const origin = { by: 'request', requestId: '', accountId, sourceAddress: head.clientAddress } as const;
    return prepared.run({ principal, access, origin, head, body, document: read, form: undefined }, by);
  }

  return {
    async read(bucket) {
      const found: [string, string][] = [];
      for (const setting of await settingsOf(bucket, services)) {
        const request = makeRequest({ bucket: bucket.name, setting, document: undefined }, 'get', internal);
        const access = accessOf({ principal: ownerOf(bucket) }, request.head, readingGate(bucket));
        await access.requireAll(request.prepared.grants);
        const { body } = await run(request, access, undefined);
        if (typeof body === 'string' || Buffer.isBuffer(body)) found.push([setting, body.toString()]);
      }
      return Object.fromEntries(found);
    },
    phaseOf: (setting) => configurationSettings.get(nameOf(setting))?.phase,
    // How the server encrypts where nothing is said stays as it is.
    ofNewBuckets: services.newBuckets === 'strict' ? ['publicAccessBlock', 'ownershipControls'] : [],
    async refusal(call, by, owner) {
      const { head, prepared } = makeRequest(call, verbOf(call), by.origin);
      const access = accessOf(by, head, gateWithNew(authorization, call.bucket, owner));
      for (const grant of prepared.grants) {
        if (!(await access.allows(grant))) return `${grant.action} on arn:aws:s3:::${call.bucket}`;
      }
      return undefined;
    },
    async perform(call, by) {
      const request = makeRequest(call, verbOf(call), by.origin);
      const access = accessOf(by, request.head, authorization);
      await access.requireAll(request.prepared.grants);
      await run(request, access, call.document);
    },
  };
}

/** Where the server itself asks from. */
const internal: RequestOrigin = {
  host: 'localhost',
  clientAddress: '127.0.0.1',
  secure: true,
  tlsVersion: undefined,
  userAgent: undefined,
};

const nameOf = (setting: string): string => setting.split('/', 1)[0]!;
const idOf = (setting: string): string | undefined =>
  setting.includes('/') ? setting.slice(setting.indexOf('/') + 1) : undefined;
const verbOf = ({ document, setting }: ConfigurationCall) =>
  document === undefined && setting !== 'bucket' ? 'remove' : 'put';

function accountIdOf(principal: Principal): string | undefined {
  return principal.kind === 'anonymous' ? undefined : principal.account.accountId;
}

function makeRequest(call: ConfigurationCall, verb: 'get' | 'put' | 'remove', origin: RequestOrigin): MadeRequest {
  const name = nameOf(call.setting);
  const setting = configurationSettings.get(name);
  const operation = call.setting === 'bucket' ? createBucket : setting?.[verb];
  if (!operation) throw new Error(`no configuration ${call.setting} can be ${verb}`);
  const id = idOf(call.setting);
  const query = setting ? [[name, ''] as const, ...(id === undefined ? [] : [['id', id] as const])] : [];
  const rawQuery = query.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  const rawPath = `/${encodeURIComponent(call.bucket)}`;
  const headers = {
    host: origin.host,
    ...(origin.userAgent === undefined ? {} : { 'user-agent': origin.userAgent }),
    ...(call.objectLock ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {}),
    // Targets need not be there yet, and are not to be told of a test.
    ...(name === 'notification' ? { 'x-amz-skip-destination-validation': 'true' } : {}),
  };
  const head: RequestHead = {
    method: verb === 'get' ? 'GET' : verb === 'put' ? 'PUT' : 'DELETE',
    target: rawQuery === '' ? rawPath : `${rawPath}?${rawQuery}`,
    rawPath,
    query: new QueryParameters(query),
    headers,
    amzHeaders: amzHeadersOf(headers),
    host: origin.host,
    address: { style: 'path', bucket: call.bucket, key: undefined },
    clientAddress: origin.clientAddress,
    secure: origin.secure,
    tlsVersion: origin.tlsVersion,
  };
  return { operation, prepared: operation.prepare(head), head };
}

function bodyOf(document: string): RequestBody {
  const source = sourceOf(Buffer.from(document));
  return {
    length: source.length,
    pour: (sink) => source.pour(sink),
    collect: (limit, room) => source.collect(limit, room),
    trailers: () => ({}),
  };
}

/** What a bucket has beside what every one has, in the order of the table. */
async function settingsOf(bucket: BucketRecord, { bucketSettings }: S3Services): Promise<readonly string[]> {
  const there: string[] = [];
  for (const [name, { isThere }] of configurationSettings) {
    if (!isThere(bucket)) continue;
    const kept = byId.get(name);
    if (!kept) there.push(name);
    else for (const { id } of (await bucketSettings.read(bucket, kept)) ?? []) there.push(`${name}/${id}`);
  }
  return there;
}

/** Those of which a bucket has several. */
const byId: ReadonlyMap<string, BucketSetting<readonly { readonly id: string }[]>> = new Map<
  string,
  BucketSetting<readonly { readonly id: string }[]>
>([
  ['inventory', inventorySetting],
  ['metrics', metricsSetting],
  ['analytics', analyticsSetting],
  ['intelligent-tiering', tieringSetting],
]);

/** Reading was weighed as an export. */
function ownerOf({ ownerAccountId }: BucketRecord) {
  const account = { accountId: ownerAccountId, canonicalId: '', displayName: '', email: '' };
  return { kind: 'account', account, accessKeyId: '' } as const;
}

function readingGate(bucket: BucketRecord): Gate {
  return {
    findBucket: () => bucket,
    weighOnService: () => allowedBy.account,
    weighInBucket: () => allowedBy.owner,
    whatWasWeighed: () => {
      throw new Error('an export is not refused');
    },
  };
}

/** For questions about a bucket that is yet to be made: as if it were there, new, and its maker's. */
function gateWithNew(gate: Gate, name: string, owner: string): Gate {
  return {
    async findBucket(grant: Grant) {
      try {
        return await gate.findBucket(grant);
      } catch (error) {
        if (!isMissing(error) || !('bucket' in grant.resource) || grant.resource.bucket !== name) throw error;
        return newBucket(name, owner);
      }
    },
    weighOnService: (request, grant) => gate.weighOnService(request, grant),
    weighInBucket: (request, grant, bucket) => gate.weighInBucket(request, grant, bucket),
    whatWasWeighed: (request, grant, bucket) => gate.whatWasWeighed(request, grant, bucket),
  };
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'kind' in error && error.kind === 'NoSuchBucket';

function newBucket(name: string, ownerAccountId: string): BucketRecord {
  return {
    id: '0'.repeat(16),
    name,
    ownerAccountId,
    createdAt: 0,
    region: '',
    locationConstraint: '',
    versioning: 'unversioned',
    closingSince: undefined,
    objectOwnership: undefined,
    acl: undefined,
    publicAccessBlock: undefined,
    hasForeignObjects: false,
    settings: {},
  };
}
