import { onService } from '../../domain/grant.ts';
import { accountOf } from '../account-of.ts';
import { hearing } from '../fields/hearing-fields.ts';
import { liveReply } from '../live-reply.ts';
import { mayStillHear } from '../may-still-hear.ts';
import { defineOperation } from '../operation.ts';

/** MinIO's, not AWS's: the changes of all buckets of the account as they come, those of new buckets too. */
export const listenNotification = defineOperation({
  name: 'ListenNotification',
  route: { method: 'GET', target: 'service', query: { events: true } },
  input: { hearing },
  requires: () => [onService('s3:ListenBucketNotification')],
  async handle({ input, principal, access }, services) {
    const { accountId } = accountOf(principal);
    // A bucket's policy may deny even its owner.
    const mayHear = mayStillHear(access, services);
    return liveReply(
      services.liveEvents.open({ kind: 'account', accountId, mayHear, listenerAccountId: accountId }, input.hearing),
    );
  },
});
