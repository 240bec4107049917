/** Which kind of configuration a destination is named in. */
export type DestinationKind = 'queue' | 'topic' | 'function';

/** A target as the operator names it. */
export const targetNameForm = /^[A-Za-z0-9_-]{1,64}$/;
/** The target that gets what buckets send to EventBridge. */
export const eventBridgeTarget = 'eventbridge';

export interface DestinationArn {
  readonly target: string;
  readonly region: string;
  /** Of an account; empty where the ARN names none. */
  readonly accountId: string;
  /** MinIO's form names the type of the target: `webhook`. */
  readonly targetType: string | undefined;
}

const awsServices: Readonly<Record<DestinationKind, string>> = { queue: 'sqs', topic: 'sns', function: 'lambda' };

/**
 * Reads `arn:aws:sqs:<region>:<account>:<target>` (sns for topics, `lambda:…:function:<target>` for functions), or
 * MinIO's `arn:minio:sqs:<region>:<target>:<type>`, which may stand in any kind of configuration. Undefined for
 * anything else.
 */
export function parseDestinationArn(arn: string, kind: DestinationKind): DestinationArn | undefined {
  const [scheme, partition = '', service, region = '', ...rest] = arn.split(':');
  if (scheme !== 'arn' || !/^[a-z0-9-]{0,63}$/.test(region)) return undefined;
  if (partition === 'minio') {
    const [target = '', targetType, ...more] = rest;
    const isOne = service === 'sqs' && targetType !== undefined && more.length === 0 && targetNameForm.test(target);
    return isOne ? { target, region, accountId: '', targetType: targetType.toLowerCase() } : undefined;
  }
  if (!/^aws(-[a-z-]+)?$/.test(partition) || service !== awsServices[kind]) return undefined;
  const [accountId = '', ...named] = rest;
  if (kind === 'function' && named.shift() !== 'function') return undefined;
  const [target = '', ...more] = named;
  if (more.length > 0 || !targetNameForm.test(target) || !/^(\d{12,15})?$/.test(accountId)) return undefined;
  return { target, region, accountId, targetType: undefined };
}
