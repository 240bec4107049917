import { type Grant, onNewObject, onObject } from '../domain/grant.ts';
import type { ObjectDescription } from '../services/objects/object-description.ts';
import type { RequestedAcl } from './fields/acl-fields.ts';
import { hasLock, lockGrants } from './object-lock.ts';

/** What writing an object needs, and what else its headers ask for: mostly one grant. */
export function newObjectGrants(
  bucket: string,
  key: string,
  { description, acl }: { readonly description: ObjectDescription; readonly acl: RequestedAcl | undefined },
): [Grant, ...Grant[]] {
  const grants: [Grant, ...Grant[]] = [onObject('s3:PutObject', bucket, key)];
  if (description.tags.length > 0) grants.push(onNewObject('s3:PutObjectTagging', bucket, key));
  if (acl) grants.push(onNewObject('s3:PutObjectAcl', bucket, key));
  if (hasLock(description)) grants.push(...lockGrants(bucket, key, description));
  return grants;
}
