import { invalidArgument, type StorageError } from '../../domain/errors.ts';
import { type DestinationKind, eventBridgeTarget, parseDestinationArn } from '../../domain/events/destination-arn.ts';
import type { Notification, NotificationRule } from '../../domain/events/notification.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { notificationSetting } from '../../records/notification-setting.ts';
import type { BucketSettings, SettingsContext } from '../buckets/bucket-settings.ts';
import { writeTestEvents } from './event-outbox.ts';
import { findEventTarget, isTargetFor } from './event-targets.ts';

/** A rule whose destination has not been looked for. */
export type DraftRule = Omit<NotificationRule, 'target'>;

export interface DraftNotification {
  readonly rules: readonly DraftRule[];
  readonly eventBridge: boolean;
}

/** What buckets tell of their changes, and to whom. */
export class NotificationService {
  readonly #context: SettingsContext;
  readonly #settings: BucketSettings;

  constructor(context: SettingsContext, settings: BucketSettings) {
    this.#context = context;
    this.#settings = settings;
  }

  /** For a rule that its maker gave none. */
  newId(): string {
    return this.#context.random.bytes(18).toString('base64url');
  }

  read(bucket: BucketRecord): MaybePromise<Notification | undefined> {
    return this.#settings.read(bucket, notificationSetting);
  }

  /**
   * Throws InvalidArgument for a destination that is no target, or not for this account's buckets. Unless
   * `skipValidation`, each target gets S3's test event, and one that is not there yet is refused. Whether one that comes
   * to be later is for this account is looked at when something is delivered.
   */
  async write(
    bucket: BucketRecord,
    { rules, eventBridge }: DraftNotification,
    { requestId, skipValidation }: { readonly requestId: string | undefined; readonly skipValidation: boolean },
  ): Promise<void> {
    const resolved: NotificationRule[] = [];
    for (const rule of rules) resolved.push({ ...rule, target: await this.#targetOf(rule, bucket, skipValidation) });
    if (eventBridge) {
      const target = await findEventTarget(this.#context.metadata, eventBridgeTarget);
      if (target ? !isTargetFor(target, bucket.ownerAccountId) : !skipValidation)
        throw unknownDestination('EventBridgeConfiguration', '');
    }
    if (resolved.length === 0 && !eventBridge) return this.#settings.remove(bucket, notificationSetting);
    const targets = [...new Set(resolved.map(({ target }) => target))];
    if (targets.length > 0 && !skipValidation) {
      await this.#context.metadata.transact((tx) => writeTestEvents(tx, { bucket, targets, requestId }, this.#context));
    }
    await this.#settings.write(bucket, { setting: notificationSetting, value: { rules: resolved, eventBridge } });
  }

  async #targetOf({ arn, kind }: DraftRule, bucket: BucketRecord, skipValidation: boolean): Promise<string> {
    const parsed = parseDestinationArn(arn, kind);
    if (!parsed) throw invalidArgument('The ARN could not be understood', kindNames[kind], arn.slice(0, 256));
    if (parsed.region !== '' && parsed.region !== bucket.region) {
      const message = 'The notification destination service region is not valid for the bucket location constraint';
      throw invalidArgument(message, kindNames[kind], arn.slice(0, 256));
    }
    const target = await findEventTarget(this.#context.metadata, parsed.target);
    if (skipValidation && !target) return parsed.target;
    const isWrongType = parsed.targetType !== undefined && parsed.targetType !== target?.type && !skipValidation;
    if (!target || isWrongType || !isTargetFor(target, bucket.ownerAccountId))
      throw unknownDestination(kindNames[kind], arn);
    return parsed.target;
  }
}

const kindNames: Readonly<Record<DestinationKind, string>> = {
  queue: 'Queue',
  topic: 'Topic',
  function: 'CloudFunction',
};

/** One answer for a target that is not there and for one that others have: names of targets are not to be guessed. */
function unknownDestination(name: string, arn: string): StorageError {
  return invalidArgument('Unable to validate the following destination configurations', name, arn.slice(0, 256));
}
