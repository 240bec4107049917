import { type Command, CommanderError } from 'commander';
import { completion } from './commands/completion.ts';
import { groupCreate } from './commands/group/create.ts';
import { groupDelete } from './commands/group/delete.ts';
import { groupList } from './commands/group/list.ts';
import { groupShow } from './commands/group/show.ts';
import { keyCreate } from './commands/key/create.ts';
import { keyDelete } from './commands/key/delete.ts';
import { keyDisable } from './commands/key/disable.ts';
import { keyEnable } from './commands/key/enable.ts';
import { keyList } from './commands/key/list.ts';
import { keyRotate } from './commands/key/rotate.ts';
import { policyAttach } from './commands/policy/attach.ts';
import { policyCreate } from './commands/policy/create.ts';
import { policyDelete } from './commands/policy/delete.ts';
import { policyDetach } from './commands/policy/detach.ts';
import { policyList } from './commands/policy/list.ts';
import { policyPutInline } from './commands/policy/put-inline.ts';
import { policySetDefault } from './commands/policy/set-default.ts';
import { policyShow } from './commands/policy/show.ts';
import { policySimulate } from './commands/policy/simulate.ts';
import { policyVersions } from './commands/policy/versions.ts';
import { profileList } from './commands/profile/list.ts';
import { profileShow } from './commands/profile/show.ts';
import { roleAssume } from './commands/role/assume.ts';
import { roleBoundary } from './commands/role/boundary.ts';
import { roleCreate } from './commands/role/create.ts';
import { roleDelete } from './commands/role/delete.ts';
import { roleList } from './commands/role/list.ts';
import { roleRevokeSessions } from './commands/role/revoke-sessions.ts';
import { roleShow } from './commands/role/show.ts';
import { roleTrust } from './commands/role/trust.ts';
import { sessionCreate } from './commands/session/create.ts';
import { whoami } from './commands/session/whoami.ts';
import { tenantCreate } from './commands/tenant/create.ts';
import { tenantDelete } from './commands/tenant/delete.ts';
import { tenantDisable } from './commands/tenant/disable.ts';
import { tenantEnable } from './commands/tenant/enable.ts';
import { tenantLimits } from './commands/tenant/limits.ts';
import { tenantList } from './commands/tenant/list.ts';
import { tenantQuota } from './commands/tenant/quota.ts';
import { tenantRootKey } from './commands/tenant/root-key.ts';
import { tenantShow } from './commands/tenant/show.ts';
import { userAddToGroup } from './commands/user/add-to-group.ts';
import { userBoundary } from './commands/user/boundary.ts';
import { userCreate } from './commands/user/create.ts';
import { userDelete } from './commands/user/delete.ts';
import { userList } from './commands/user/list.ts';
import { userPassword } from './commands/user/password.ts';
import { userRemoveFromGroup } from './commands/user/remove-from-group.ts';
import { userRename } from './commands/user/rename.ts';
import { userShow } from './commands/user/show.ts';
import { userTag } from './commands/user/tag.ts';
import type { CommandContext } from './identity-commands.ts';
import type { ServerContext } from './remote/server-context.ts';
import { exitCodes } from './remote/server-error.ts';

type Context = ServerContext & CommandContext;
type Add = (parent: Command, context: Context) => void;

const nouns: readonly (readonly [name: string, description: string, verbs: readonly Add[]])[] = [
  [
    'user',
    'Users of an account.',
    [
      userCreate,
      userList,
      userShow,
      userDelete,
      userRename,
      userTag,
      userAddToGroup,
      userRemoveFromGroup,
      userPassword,
      userBoundary,
    ],
  ],
  ['group', 'Groups of users.', [groupCreate, groupList, groupShow, groupDelete]],
  [
    'role',
    'Roles, which others assume.',
    [roleCreate, roleList, roleShow, roleDelete, roleAssume, roleTrust, roleBoundary, roleRevokeSessions],
  ],
  [
    'policy',
    'Policies: what users, groups and roles may.',
    [
      policyCreate,
      policyList,
      policyShow,
      policyVersions,
      policySetDefault,
      policyDelete,
      policyAttach,
      policyDetach,
      policyPutInline,
      policySimulate,
    ],
  ],
  ['key', 'Access keys.', [keyCreate, keyList, keyDisable, keyEnable, keyDelete, keyRotate]],
  [
    'tenant',
    'Tenants: accounts, each with users, buckets and bounds of its own.',
    [
      tenantCreate,
      tenantList,
      tenantShow,
      tenantDisable,
      tenantEnable,
      tenantDelete,
      tenantQuota,
      tenantLimits,
      tenantRootKey,
    ],
  ],
  ['session', 'Temporary credentials.', [sessionCreate]],
  ['profile', 'Servers and credentials that commands may use.', [profileList, profileShow]],
];

/** Commands that speak with a server. What is wrong with their arguments ends with an exit code of its own. */
export function addRemoteCommands(program: Command, context: Context): void {
  for (const [name, description, verbs] of nouns) {
    const noun = usageExits(program.command(name).description(description));
    for (const add of verbs) add(noun, context);
  }
  whoami(program, context);
  completion(program, context);
}

function usageExits(command: Command): Command {
  return command.exitOverride(({ exitCode, code, message }) => {
    throw new CommanderError(exitCode === 0 ? 0 : exitCodes.usage, code, message);
  });
}
