import { profileFilesOf, readProfiles } from '../profiles/profile-files.ts';
import { listed } from '../remote/server-command.ts';
import type { RemoteServer, ServerContext } from '../remote/server-context.ts';
import type { Candidate } from './complete.ts';

/** Nobody waits longer than this for a line to be completed. */
const longestWait = 1000;
/** More are not shown. */
const mostNames = 1000;

interface Lookup {
  readonly service?: 'iam' | 'cairn';
  readonly action: string;
  readonly list: string;
  readonly field: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** By what commands call their arguments and the values of their options. */
const lookups: Readonly<Record<string, Lookup>> = {
  user: { action: 'ListUsers', list: 'Users', field: 'UserName' },
  group: { action: 'ListGroups', list: 'Groups', field: 'GroupName' },
  role: { action: 'ListRoles', list: 'Roles', field: 'RoleName' },
  policy: { action: 'ListPolicies', list: 'Policies', field: 'PolicyName', parameters: { Scope: 'All' } },
  'access-key': { action: 'ListAccessKeys', list: 'AccessKeyMetadata', field: 'AccessKeyId' },
  tenant: { service: 'cairn', action: 'ListTenants', list: 'Tenants', field: 'Name' },
};

/** Names that there are, as far as they can be learnt in a moment; else none. */
export async function knownNames(
  of: string,
  given: Readonly<Record<string, string>>,
  context: ServerContext,
): Promise<readonly Candidate[]> {
  try {
    if (of === 'profile') return profileNames(context);
    const lookup = lookups[of];
    if (lookup === undefined || !context.namesServer(given)) return [];
    const asked = { ...given, timeoutMilliseconds: longestWait };
    const names = context.withServer(asked, (server) => namesOf(server, lookup));
    return await Promise.race([names, context.clock.sleep(longestWait).then(() => [])]);
  } catch {
    // A line that is being typed is no place for complaints.
    return [];
  }
}

function profileNames({ environment }: ServerContext): readonly Candidate[] {
  const { all } = readProfiles(profileFilesOf(environment), () => undefined);
  return [...all.values()].map(({ name, endpoint = '' }) => ({ value: name, description: endpoint }));
}

async function namesOf(server: RemoteServer, lookup: Lookup): Promise<readonly Candidate[]> {
  const { field, ...list } = lookup;
  const parameters = { ...lookup.parameters, MaxItems: mostNames };
  const all = await listed<Readonly<Record<string, unknown>>>(server, { ...list, parameters });
  return all.map((each) => ({ value: String(each[field]), description: '' }));
}
