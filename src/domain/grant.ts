/** The services whose actions Cairn carries out; `cairn` has those that AWS knows nothing of. */
export type ActionService = 's3' | 'iam' | 'sts' | 'cairn';

/** One thing that a request wants to do: an IAM action on a resource, both in AWS's words. */
export interface Grant {
  /** `s3:GetObject`, `iam:CreateUser` … */
  readonly action: `${ActionService}:${string}`;
  readonly resource: Resource;
}

export type Resource =
  | { readonly kind: 'service' }
  /** An account's own settings. */
  | { readonly kind: 'account'; readonly accountId: string }
  | IdentityResource
  /** The installation as a whole, over all tenants: for principals of the system account alone. */
  | { readonly kind: 'installation'; readonly arn: string }
  | { readonly kind: 'bucket'; readonly bucket: string }
  | ObjectResource
  /** Objects that only the request's body names, or says what conditions ask for: each is weighed by itself, when it is known. */
  | { readonly kind: 'objects-to-come'; readonly bucket: string };

/** Something of IAM's, STS's or Cairn's in one account; `arn` is what policies are asked about. */
export interface IdentityResource {
  readonly kind: 'identity';
  readonly accountId: string;
  /** `arn:aws:iam::123456789012:user/path/name`, or `*` for what is done to no single one. */
  readonly arn: string;
}

export interface ObjectResource {
  readonly kind: 'object';
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
  /** The request is about this upload of the key. */
  readonly uploadId?: string;
  /** The object is yet to be written: what is there under its key has no say. */
  readonly isNew?: boolean;
}

/** What an operation requires: never nothing, so that leaving it out does not compile. */
export type Grants = readonly [Grant, ...Grant[]];

export function onService(action: Grant['action']): Grant {
  return { action, resource: { kind: 'service' } };
}

export function onAccount(action: Grant['action'], accountId: string): Grant {
  return { action, resource: { kind: 'account', accountId } };
}

export function onIdentity(action: Grant['action'], accountId: string, arn = '*'): Grant {
  return { action, resource: { kind: 'identity', accountId, arn } };
}

export function onInstallation(action: Grant['action'], arn = '*'): Grant {
  return { action, resource: { kind: 'installation', arn } };
}

export function onBucket(action: Grant['action'], bucket: string): Grant {
  return { action, resource: { kind: 'bucket', bucket } };
}

export function onObject(action: Grant['action'], bucket: string, key: string): Grant {
  return { action, resource: { kind: 'object', bucket, key } };
}

/** What is wanted of an object that the request is about to write. */
export function onNewObject(action: Grant['action'], bucket: string, key: string): Grant {
  return { action, resource: { kind: 'object', bucket, key, isNew: true } };
}

/** What is wanted of a multipart upload: its initiator may have a right that others do not have. */
export function onUpload(
  action: Grant['action'],
  { bucket, key, uploadId }: { readonly bucket: string; readonly key: string; readonly uploadId: string },
): Grant {
  return { action, resource: { kind: 'object', bucket, key, uploadId } };
}

/** S3 has actions of their own for versions that are named: `s3:GetObject` and `s3:GetObjectVersion`. */
export function onVersion(
  actions: { readonly current: Grant['action']; readonly named: Grant['action'] },
  { bucket, key, versionId }: { readonly bucket: string; readonly key: string; readonly versionId: string | undefined },
): Grant {
  const action = versionId === undefined ? actions.current : actions.named;
  return { action, resource: { kind: 'object', bucket, key, versionId } };
}

export function onObjectsToCome(action: Grant['action'], bucket: string): Grant {
  return { action, resource: { kind: 'objects-to-come', bucket } };
}
