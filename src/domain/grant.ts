/** One thing that a request wants to do: an IAM action on a resource, both in AWS's words. */
export interface Grant {
  /** `s3:GetObject`, `s3:ListBucket` … */
  readonly action: `s3:${string}`;
  readonly resource: Resource;
}

export type Resource =
  | { readonly kind: 'service' }
  | { readonly kind: 'bucket'; readonly bucket: string }
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string };

/** What an operation requires: never nothing, so that leaving it out does not compile. */
export type Grants = readonly [Grant, ...Grant[]];

export function onService(action: Grant['action']): Grant {
  return { action, resource: { kind: 'service' } };
}

export function onBucket(action: Grant['action'], bucket: string): Grant {
  return { action, resource: { kind: 'bucket', bucket } };
}

export function onObject(action: Grant['action'], bucket: string, key: string): Grant {
  return { action, resource: { kind: 'object', bucket, key } };
}
