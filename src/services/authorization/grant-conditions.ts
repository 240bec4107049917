import type { Grant } from '../../domain/grant.ts';
import { conditionKeyNamed } from '../../domain/policy/condition-keys.ts';
import type { ConditionContext } from '../../domain/policy/policy-request.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';

/** What conditions see of one grant. */
interface GrantContext {
  readonly grant: Grant;
  readonly bucket: BucketRecord;
  /** What the request says of itself. */
  readonly request: ConditionContext;
  /** Of the object that the grant is about; undefined where no policy asks, or there is none. */
  readonly tags: readonly (readonly [key: string, value: string])[] | undefined;
}

const existingTag = 's3:existingobjecttag/';

/**
 * The condition keys of one grant. What is said of the resource comes from the resource, and never from the request: a
 * `versionId` in the query is not the version that a copy reads. And a key that AWS does not have for an action has no
 * value, so that nobody can make one up with a header or a parameter that the operation does not obey
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
 */
export function grantConditions({ grant, bucket, request, tags }: GrantContext): ConditionContext {
  const { action, resource } = grant;
  return {
    values(key) {
      if (key === 'aws:resourceaccount' || key === 's3:resourceaccount') return [bucket.ownerAccountId];
      if (!isKeyOf(action, key)) return undefined;
      if (key === 's3:versionid') {
        return resource.kind === 'object' && resource.versionId !== undefined ? [resource.versionId] : undefined;
      }
      if (key.startsWith(existingTag)) {
        const name = key.slice(existingTag.length);
        return tags?.filter(([tagKey]) => tagKey.toLowerCase() === name).map(([, value]) => value);
      }
      return request.values(key);
    },
  };
}

/** Whether AWS has the key for the action. */
function isKeyOf(action: string, key: string): boolean {
  const actions: readonly string[] | undefined = conditionKeyNamed(key)?.actions;
  return actions === undefined || actions.includes(action);
}

/** Whether policies may ask for tags of the object that a grant is about. */
export function hasExistingTags({ action, resource }: Grant): boolean {
  return resource.kind === 'object' && resource.isNew !== true && isKeyOf(action, `${existingTag}*`);
}

/**
 * The right to list a bucket, as far as it is asked for one key: who may learn what begins with it, may learn whether it
 * is there.
 */
export function listingOf(key: string, request: ConditionContext): ConditionContext {
  return {
    values(name) {
      if (name === 's3:prefix') return [key];
      return name === 's3:delimiter' || name === 's3:max-keys' ? undefined : request.values(name);
    },
  };
}
