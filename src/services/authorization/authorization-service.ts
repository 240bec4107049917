import { type AclQuestion, aclAllows } from '../../domain/acl.ts';
import { StorageError } from '../../domain/errors.ts';
import { type Grant, type ObjectResource, onBucket, type Resource } from '../../domain/grant.ts';
import { type Combination, combineSides, type ResourceSide, sideOfPolicy } from '../../domain/policy/combine-sides.ts';
import type { CompiledPolicy } from '../../domain/policy/compile-policy.ts';
import { type Decision, evaluate } from '../../domain/policy/evaluate.ts';
import { type IdentityRights, weighIdentity } from '../../domain/policy/identity-rights.ts';
import { anonymousAccount, isSystemAccount, type Principal, type SignedPrincipal } from '../../domain/principal.ts';
import { combineBlocks, type PublicAccessBlock } from '../../domain/public-access-block.ts';
import { type MaybePromise, whenReady } from '../../foundation/bytes.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { policySetting, requestPaymentSetting } from '../../records/bucket-setting.ts';
import type { UploadRecord } from '../../records/upload-record.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import type { BucketService } from '../buckets/bucket-service.ts';
import type { BucketSettings } from '../buckets/bucket-settings.ts';
import { noSuchBucket } from '../buckets/open-bucket.ts';
import type { IdentityService } from '../identity/identity-service.ts';
import type { ObjectService } from '../objects/object-service.ts';
import type { UploadService } from '../uploads/upload-service.ts';
import { type Access, type AccessRequest, type Gate, ownerAloneDecides, type Refusal } from './access.ts';
import { aclRuleOf } from './acl-actions.ts';
import type { BucketPolicies, BucketPolicy } from './bucket-policies.ts';
import { grantConditions, hasExistingTags, listingOf } from './grant-conditions.ts';
import { policyPrincipal } from './policy-principal.ts';
import { arnOfResource } from './resource-arn.ts';
import { allowedBy, allowedByPublicAcl, refusedBy, type Verdict } from './verdict.ts';
import { sidesOfPrincipal, type Weighed, type WeighedSide } from './weighed.ts';

interface Dependencies {
  readonly buckets: BucketService;
  readonly settings: BucketSettings;
  readonly policies: BucketPolicies;
  readonly objects: ObjectService;
  readonly uploads: UploadService;
  readonly identity: IdentityService;
}

/** What the ACLs are asked. */
interface AclRequest {
  readonly request: AccessRequest;
  readonly grant: Grant;
  /** The asker is the bucket's owner, or somebody whom its policy lets do this. */
  readonly byBucketOwner: Verdict | undefined;
}

/** A root user can always repair a policy that shuts everybody out. */
const repairsPolicy = new Set(['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy']);

/** What these are done to has to be there, and whether it is shall only learn who may list the bucket. */
const needsObject =
  /^s3:(GetObject(Version)?|(Get|Put|Delete)Object(Version)?(Acl|Annotation|Attributes|Tagging|Retention|LegalHold|Torrent)|ListObject(Version)?Annotations|RestoreObject|UpdateObjectEncryption)$/;

/**
 * The one gate: decides whether a principal may do something, by the policies that stand on the principal, bucket policy,
 * ownership, ACLs, Block Public Access and requester-pays. Default deny; an explicit deny wins.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 */
export class AuthorizationService implements Gate {
  readonly #services: Dependencies;

  constructor(services: Dependencies) {
    this.#services = services;
  }

  /** Undefined for a bucket that is yet to be made. Throws NoSuchBucket, and AccountProblem where its owner is shut out. */
  findBucket({ action, resource }: Grant): MaybePromise<BucketRecord | undefined> {
    if (!('bucket' in resource)) return undefined;
    return whenReady(this.#services.buckets.find(resource.bucket), (bucket) => {
      if (!bucket && action !== 's3:CreateBucket') throw noSuchBucket(resource.bucket);
      // Whoever asks to make one of that name hears that it is taken.
      if (bucket?.ownerDisabled && action !== 's3:CreateBucket') throw new StorageError('AccountProblem');
      return bucket;
    });
  }

  /**
   * What touches no bucket that exists: any account may list its own buckets, listen to them (each is weighed by itself
   * then), ask to make one, change its own settings, and do with its own users and roles what it likes; whom of it the
   * account lets do that is for the policies of its principals. The system account alone may reach over to others, and
   * by Cairn's own actions alone.
   */
  weighOnService({ principal, conditions }: AccessRequest, grant: Grant): Verdict {
    if (principal.kind === 'anonymous' || !isWithinReach(principal, grant)) return refusedBy.account;
    const { rights } = principal;
    if (rights === undefined) return allowedBy.account;
    const identity = weighIdentity(rights, {
      action: grant.action,
      resource: arnOfResource(grant.resource),
      principal: policyPrincipal(principal),
      context: conditions,
    });
    return asVerdict(combineSides({ isOwnAccount: true, identity, resource: ofTheAccount }));
  }

  /**
   * What is asked of something that has a policy of its own, as a role has its trust policy; `owner` is its account. What
   * that policy gives to a session's or a user's own name needs no other, within the account; what it does not give to
   * anybody is nobody's, whatever else allows
   * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-same-account.html).
   */
  weighByPolicy(request: AccessRequest, { action, arn, owner, policy }: GuardedByPolicy): Verdict {
    const { principal, conditions: context } = request;
    const asked = { action, resource: arn, principal: policyPrincipal(principal), context };
    const resource = sideOfPolicy(policy, evaluate([policy], asked), asked.principal);
    if (principal.kind === 'anonymous') {
      return { allowed: resource.effect === 'allow', by: 'policy', statements: resource.statements };
    }
    const identity = weighIdentity(principal.rights ?? ofRoot, asked);
    const verdict = asVerdict(
      combineSides({ isOwnAccount: principal.account.accountId === owner, identity, resource }),
    );
    return verdict.allowed && resource.effect !== 'allow' ? refusedByPolicy : verdict;
  }

  weighInBucket(request: AccessRequest, grant: Grant, bucket: BucketRecord): MaybePromise<Verdict> {
    // The commit decides whether a name is free; it names no bucket of somebody else's.
    if (grant.action === 's3:CreateBucket') return this.weighOnService(request, grant);
    // Whoever found the bucket without asking for it: websites, and those who listen.
    if (bucket.ownerDisabled) return refusedBy.account;
    // Each of the objects is put before the gate when it is known.
    if (grant.resource.kind === 'objects-to-come') return allowedBy.body;
    const { principal } = request;
    if (ownerAloneDecides(principal, bucket)) return allowedBy.owner;
    if (principal.kind === 'anonymous' || principal.rights === undefined) {
      return this.#weighAll(request, grant, bucket);
    }
    return this.#weighWithRights({ ...request, principal }, principal.rights, { grant, bucket });
  }

  /** What the account may do with the bucket, as far as policies let this principal of the account do it. */
  #weighWithRights(
    request: AccessRequest & { readonly principal: SignedPrincipal },
    rights: IdentityRights,
    { grant, bucket }: { readonly grant: Grant; readonly bucket: BucketRecord },
  ): MaybePromise<Verdict> {
    const { principal } = request;
    const isOwnAccount = principal.account.accountId === bucket.ownerAccountId;
    const join = (tags: ObjectVersion['tags'] | undefined, onResource: Verdict): Verdict => {
      if (!onResource.allowed) return onResource;
      const identity = weighIdentity(rights, {
        action: grant.action,
        resource: arnOfResource(grant.resource),
        principal: policyPrincipal(principal),
        context: grantConditions({ grant, bucket, request: request.conditions, tags }),
      });
      const { naming = 'account', statements } = onResource;
      const combined = combineSides({ isOwnAccount, identity, resource: { effect: 'allow', naming, statements } });
      return combined.by === 'resource' && combined.allowed ? onResource : asVerdict(combined);
    };
    const tags =
      rights.asksForTags && hasExistingTags(grant) ? this.#tagsOf(request, grant.resource, bucket) : undefined;
    const isPlain = isOwnAccount && !bucket.hasForeignObjects && !(policySetting.name in bucket.settings);
    const onResource = isPlain ? allowedBy.owner : this.#weighAll(request, grant, bucket);
    return whenReady(tags, (known) => whenReady(onResource, (verdict) => join(known, verdict)));
  }

  /** Everything that may have a say: who pays, the policy, Block Public Access, ACLs, who began an upload. */
  async #weighAll(request: AccessRequest, grant: Grant, bucket: BucketRecord): Promise<Verdict> {
    const isOwner = accountIdOf(request.principal) === bucket.ownerAccountId;
    if (!isOwner && !(await this.#isPaidFor(request, bucket))) return refusedBy['requester-pays'];
    const upload = isOwner ? undefined : await this.#findUpload(grant.resource, bucket);
    // The right to write there is none to an upload that somebody else began.
    if (upload && grant.action === 's3:PutObject' && !isInitiator(request.principal, upload)) {
      return refusedBy.initiator;
    }
    const policy = await this.#services.policies.of(bucket);
    const said = policy && (await this.#askPolicy(policy, { request, grant, bucket }));
    if (said?.effect === 'explicit-deny') {
      const isRoot = request.principal.kind === 'account' && request.principal.rights === undefined;
      if (isOwner && isRoot && repairsPolicy.has(grant.action)) return allowedBy.owner;
      return { allowed: false, by: 'policy', statements: said.statements };
    }
    if (!isOwner && policy?.isPublic && (await this.blockOf(bucket)).restrictPublicBuckets) {
      return refusedBy['public-access-block'];
    }
    const byBucketOwner = bucketOwnersWord(isOwner, said, { policy, asker: request.principal });
    if (byBucketOwner && !(bucket.hasForeignObjects && dependsOnObject(grant, bucket))) return byBucketOwner;
    // Who writes an object owns it, and owners may set ACLs; whether one may write is a grant of its own.
    if (isNewObject(grant.resource) && grant.action === 's3:PutObjectAcl') return allowedBy['new-object'];
    // ACLs know nothing of tags: who may write by one may tag what it writes.
    if (isNewObject(grant.resource) && grant.action === 's3:PutObjectTagging') {
      return this.#askAcl({ request, grant: { ...grant, action: 's3:PutObject' }, byBucketOwner }, bucket);
    }
    if (ofInitiators.has(grant.action)) {
      // That an upload is gone learns who might have begun it.
      if (!upload) return this.weighInBucket(request, { ...grant, action: 's3:PutObject' }, bucket);
      return isInitiator(request.principal, upload) ? allowedBy.initiator : refusedBy.initiator;
    }
    return this.#askAcl({ request, grant, byBucketOwner }, bucket);
  }

  /** The requester of a bucket that makes requesters pay must have agreed to, which an anonymous one cannot. */
  async #isPaidFor({ principal, acceptsCharges }: AccessRequest, bucket: BucketRecord): Promise<boolean> {
    if (acceptsCharges && principal.kind !== 'anonymous') return true;
    return (await this.#services.settings.read(bucket, requestPaymentSetting)) === undefined;
  }

  async #askPolicy(
    policy: BucketPolicy,
    { request, grant, bucket }: { request: AccessRequest; grant: Grant; bucket: BucketRecord },
  ): Promise<Decision> {
    const tags =
      policy.asksForTags && hasExistingTags(grant) ? await this.#tagsOf(request, grant.resource, bucket) : undefined;
    return evaluate(policy.alone, {
      action: grant.action,
      resource: arnOfResource(grant.resource),
      principal: policyPrincipal(request.principal),
      context: grantConditions({ grant, bucket, request: request.conditions, tags }),
    });
  }

  async #tagsOf(
    { found }: AccessRequest,
    resource: Resource,
    bucket: BucketRecord,
  ): Promise<ObjectVersion['tags'] | undefined> {
    if (resource.kind !== 'object') return undefined;
    return (found ?? (await this.#findObject(resource, bucket)))?.tags;
  }

  async #askAcl({ request, grant, byBucketOwner }: AclRequest, bucket: BucketRecord): Promise<Verdict> {
    const { action, resource } = grant;
    const rule = aclRuleOf(action);
    if (rule === undefined || bucket.objectOwnership === 'BucketOwnerEnforced') return refusedBy.acl;
    const { ignorePublicAcls } = await this.blockOf(bucket);
    const question = { askerId: canonicalIdOf(request.principal), permission: rule.permission };
    if (rule.of === 'bucket' || resource.kind !== 'object') {
      const ownerId = await this.#canonicalId(bucket.ownerAccountId);
      return byAcl({ ...question, acl: bucket.acl, ownerId, ignorePublic: ignorePublicAcls });
    }
    const version = request.found ?? (await this.#findObject(resource, bucket));
    if (!version) {
      // No ACL, no right. Who may list learns from the operation that the object is not there.
      const isTold = byBucketOwner !== undefined || (await this.#mayList(request, bucket, resource.key));
      return isTold ? allowedBy['missing-object'] : refusedBy.acl;
    }
    if (byBucketOwner && version.ownerAccountId === bucket.ownerAccountId) return byBucketOwner;
    const ownerId = await this.#canonicalId(version.ownerAccountId);
    return byAcl({ ...question, acl: version.acl, ownerId, ignorePublic: ignorePublicAcls });
  }

  async #findUpload(resource: Resource, bucket: BucketRecord): Promise<UploadRecord | undefined> {
    if (resource.kind !== 'object' || resource.uploadId === undefined) return undefined;
    return this.#services.uploads.find({ bucket, key: resource.key, uploadId: resource.uploadId });
  }

  async #mayList(request: AccessRequest, bucket: BucketRecord, key: string): Promise<boolean> {
    return (await this.#weighListing(request, bucket, key)).verdict.allowed;
  }

  async #weighListing(request: AccessRequest, bucket: BucketRecord, key: string): Promise<Refusal> {
    const grant = onBucket('s3:ListBucket', bucket.name);
    const conditions = listingOf(key, request.conditions);
    return { grant, conditions, verdict: await this.weighInBucket({ ...request, conditions }, grant, bucket) };
  }

  /** Everything that a question hangs on, policy by policy. Asked of what was refused, and never on the way of a request. */
  async whatWasWeighed(request: AccessRequest, grant: Grant, bucket: BucketRecord | undefined): Promise<Weighed> {
    const { principal } = request;
    const { resource, action } = grant;
    const policy = bucket && (await this.#services.policies.of(bucket));
    const asksForTags = (principal.kind !== 'anonymous' && principal.rights?.asksForTags) || policy?.asksForTags;
    const tags =
      bucket && asksForTags && hasExistingTags(grant) ? await this.#tagsOf(request, resource, bucket) : undefined;
    const context = bucket ? grantConditions({ grant, bucket, request: request.conditions, tags }) : request.conditions;
    const onResource: WeighedSide[] = policy ? [{ kind: 'resource', policies: policy.alone }] : [];
    return {
      request: { action, resource: arnOfResource(resource), principal: policyPrincipal(principal), context },
      // Of what is no ARN nobody is the owner.
      resourceAccountId: bucket?.ownerAccountId ?? (('accountId' in resource && resource.accountId) || undefined),
      sides: [...sidesOfPrincipal(principal), ...onResource],
    };
  }

  /**
   * What a failed request may be told. That an object is not there is for those to know who may list the bucket; for
   * others the object is forbidden, whether it is there or not.
   */
  async disclose(error: StorageError, access: Access, grants: readonly Grant[]): Promise<StorageError> {
    if (!revealsAbsence.has(error.kind)) return error;
    for (const { action, resource } of [...grants, ...access.asked]) {
      if (resource.kind !== 'object' || resource.isNew || !needsObject.test(action)) continue;
      const listing = await this.#weighListing(access.request, access.bucket(resource.bucket), resource.key);
      if (!listing.verdict.allowed) return access.refuse(listing);
    }
    return error;
  }

  /** The switches that count for a bucket: its own, and those of its owner's account. */
  async blockOf(bucket: Pick<BucketRecord, 'ownerAccountId' | 'publicAccessBlock'>): Promise<PublicAccessBlock> {
    return combineBlocks(
      bucket.publicAccessBlock,
      await this.#services.identity.publicAccessBlockOf(bucket.ownerAccountId),
    );
  }

  async #findObject({ key, versionId }: ObjectResource, bucket: BucketRecord): Promise<ObjectVersion | undefined> {
    try {
      return await this.#services.objects.head({ bucket, key, versionId });
    } catch (error) {
      if (error instanceof StorageError && revealsAbsence.has(error.kind)) return undefined;
      throw error;
    }
  }

  async #canonicalId(accountId: string): Promise<string> {
    if (accountId === anonymousAccount.accountId) return anonymousAccount.canonicalId;
    return (await this.#services.identity.findAccount(accountId))?.canonicalId ?? '';
  }
}

const ofEveryAccount: ReadonlySet<string> = new Set([
  's3:CreateBucket',
  's3:ListAllMyBuckets',
  's3:ListenBucketNotification',
]);

/**
 * What whoever began an upload may do with it without being granted it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
 */
const ofInitiators: ReadonlySet<string> = new Set(['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts']);

const revealsAbsence: ReadonlySet<string> = new Set(['NoSuchKey', 'NoSuchVersion', 'VersionIsDeleteMarker']);

/**
 * Whether the object's own ACL decides where the object is not the bucket owner's: its policy cannot give away what is
 * not its own.
 */
function dependsOnObject({ action, resource }: Grant, bucket: BucketRecord): boolean {
  if (bucket.objectOwnership === 'BucketOwnerEnforced' || resource.kind !== 'object') return false;
  return aclRuleOf(action)?.of === 'object' && !isNewObject(resource);
}

/** Why the bucket's owner lets it happen; undefined where it does not. */
function bucketOwnersWord(
  isOwner: boolean,
  said: Decision | undefined,
  { policy, asker }: { readonly policy: BucketPolicy | undefined; readonly asker: Principal },
): Verdict | undefined {
  if (policy && said?.effect === 'allow') {
    const allowed = { allowed: true, by: 'policy', statements: said.statements } as const;
    if (asker.kind === 'anonymous' || asker.rights === undefined) return allowed;
    const { naming } = sideOfPolicy(policy.alone[0], said, policyPrincipal(asker));
    return { ...allowed, naming };
  }
  return isOwner ? allowedBy.owner : undefined;
}

function byAcl(question: AclQuestion): Verdict {
  if (!aclAllows(question)) return refusedBy.acl;
  return aclAllows({ ...question, askerId: undefined }) ? allowedByPublicAcl : allowedBy.acl;
}

interface GuardedByPolicy {
  readonly action: string;
  readonly arn: string;
  /** The account that it belongs to. */
  readonly owner: string;
  readonly policy: CompiledPolicy;
}

const ofRoot = { identity: undefined, limits: [] } as const;
const refusedByPolicy: Verdict = Object.freeze({ allowed: false, by: 'policy', statements: Object.freeze([]) });

/** Within an account what nobody has said anything about is for the policies of its principals. */
const ofTheAccount: ResourceSide = { effect: 'implicit-deny', naming: 'account', statements: [] };

function asVerdict({ allowed, by, statements }: Combination): Verdict {
  return { allowed, by: by === 'resource' ? 'policy' : by, statements };
}

/** Whether a principal's account may do a thing at all, be it by its root alone. */
function isWithinReach({ account }: SignedPrincipal, { action, resource }: Grant): boolean {
  switch (resource.kind) {
    case 'account':
      return account.accountId === resource.accountId;
    case 'identity':
      return account.accountId === resource.accountId || (action.startsWith('cairn:') && isSystemAccount(account));
    case 'installation':
      return isSystemAccount(account);
    default:
      return ofEveryAccount.has(action);
  }
}

function isNewObject(resource: Resource): boolean {
  return resource.kind === 'object' && resource.isNew === true;
}

/** Anonymous requests begin no uploads. */
function isInitiator(principal: Principal, { initiatorAccountId }: UploadRecord): boolean {
  return accountIdOf(principal) === initiatorAccountId;
}

function accountIdOf(principal: Principal): string | undefined {
  return principal.kind === 'anonymous' ? undefined : principal.account.accountId;
}

function canonicalIdOf(principal: Principal): string | undefined {
  return principal.kind === 'anonymous' ? undefined : principal.account.canonicalId;
}
