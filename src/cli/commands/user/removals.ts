import { type Holder, policiesOf, policyRemovals, type Removal } from '../../remote/holder.ts';
import type { AccessKey, Group } from '../../remote/iam-shapes.ts';
import { listed } from '../../remote/server-command.ts';
import type { RemoteServer } from '../../remote/server-context.ts';
import { ServerError } from '../../remote/server-error.ts';

/** Everything that has to go before a user can, in the order in which it is taken off: what opens doors first. */
export async function removalsOfUser(server: RemoteServer, UserName: string): Promise<readonly Removal[]> {
  const parameters = { UserName };
  const holder: Holder = { kind: 'User', name: UserName };
  const keys = await listed<AccessKey>(server, { action: 'ListAccessKeys', list: 'AccessKeyMetadata', parameters });
  const groups = await listed<Group>(server, { action: 'ListGroupsForUser', list: 'Groups', parameters });
  const accounts = await serviceAccountsOf(server, UserName);
  return [
    ...keys.map(({ AccessKeyId }) => ({
      what: `delete the access key ${AccessKeyId}`,
      remove: () => server.call('iam', 'DeleteAccessKey', { UserName, AccessKeyId }),
    })),
    ...accounts.map((AccessKeyId) => ({
      what: `delete the service account ${AccessKeyId}`,
      remove: () => server.call('cairn', 'DeleteServiceAccount', { AccessKeyId }),
    })),
    ...((await hasPassword(server, UserName))
      ? [{ what: 'delete the password', remove: () => server.call('iam', 'DeleteLoginProfile', parameters) }]
      : []),
    ...groups.map(({ GroupName }) => ({
      what: `take it out of the group ${GroupName}`,
      remove: () => server.call('iam', 'RemoveUserFromGroup', { UserName, GroupName }),
    })),
    ...policyRemovals(server, holder, await policiesOf(server, holder)),
  ];
}

/** Cairn's own: a server of somebody else has none. Who may not ask for them learns of those that there are from DeleteUser. */
async function serviceAccountsOf(server: RemoteServer, UserName: string): Promise<readonly string[]> {
  try {
    const all = await listed<{ AccessKeyId: string }>(server, {
      service: 'cairn',
      action: 'ListServiceAccounts',
      list: 'ServiceAccounts',
      parameters: { UserName },
    });
    return all.map(({ AccessKeyId }) => AccessKeyId);
  } catch (error) {
    if (error instanceof ServerError && (error.code === 'InvalidAction' || error.code === 'AccessDenied')) return [];
    throw error;
  }
}

export async function hasPassword(server: RemoteServer, UserName: string): Promise<boolean> {
  try {
    await server.call('iam', 'GetLoginProfile', { UserName });
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.code === 'NoSuchEntity') return false;
    throw error;
  }
}
