import type { AttachedPolicy } from './iam-shapes.ts';
import { listed } from './server-command.ts';
import type { RemoteServer } from './server-context.ts';
import { exitCodes, RemoteFailure, usageFailure } from './server-error.ts';

/** What policies hang on. */
export interface Holder {
  readonly kind: 'User' | 'Group' | 'Role';
  readonly name: string;
}

/** As an action takes it: `{ UserName: 'ada' }`. */
export function nameOf({ kind, name }: Holder): Readonly<Record<string, string>> {
  return { [`${kind}Name`]: name };
}

export const holderText = ({ kind, name }: Holder): string => `${kind.toLowerCase()} ${name}`;

/** Of `--user`, `--group` and `--role`: exactly one. */
export function oneHolder(options: {
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly role?: string | undefined;
}): Holder {
  const given: Holder[] = [];
  for (const [kind, name] of [
    ['User', options.user],
    ['Group', options.group],
    ['Role', options.role],
  ] as const) {
    if (name !== undefined) given.push({ kind, name });
  }
  if (given.length !== 1) throw usageFailure('Give one of --user, --group and --role.');
  return given[0]!;
}

/** What hangs on it. */
export interface HeldPolicies {
  readonly attached: readonly AttachedPolicy[];
  readonly inline: readonly string[];
}

export async function policiesOf(server: RemoteServer, holder: Holder): Promise<HeldPolicies> {
  const parameters = nameOf(holder);
  const { kind } = holder;
  return {
    attached: await listed<AttachedPolicy>(server, {
      action: `ListAttached${kind}Policies`,
      list: 'AttachedPolicies',
      parameters,
    }),
    inline: await listed<string>(server, { action: `List${kind}Policies`, list: 'PolicyNames', parameters }),
  };
}

/** One thing to be done, and how it is told to whoever is asked. */
export interface Removal {
  readonly what: string;
  remove(): Promise<unknown>;
}

export function policyRemovals(server: RemoteServer, holder: Holder, held: HeldPolicies): readonly Removal[] {
  const { kind } = holder;
  const name = nameOf(holder);
  return [
    ...held.attached.map(({ PolicyArn }) => ({
      what: `detach ${PolicyArn}`,
      remove: () => server.call('iam', `Detach${kind}Policy`, { ...name, PolicyArn }),
    })),
    ...held.inline.map((PolicyName) => ({
      what: `delete the inline policy ${PolicyName}`,
      remove: () => server.call('iam', `Delete${kind}Policy`, { ...name, PolicyName }),
    })),
  ];
}

/** A policy by its ARN, or by the name that AWS or the account has given it. */
export async function policyArn(server: RemoteServer, nameOrArn: string): Promise<string> {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  for (const Scope of ['Local', 'AWS']) {
    const all = await listed<{ PolicyName: string; Arn: string }>(server, {
      action: 'ListPolicies',
      list: 'Policies',
      parameters: { Scope },
    });
    const found = all.find(({ PolicyName }) => PolicyName === nameOrArn);
    if (found) return found.Arn;
  }
  throw new RemoteFailure(`There is no policy ${nameOrArn}: see cairn policy list --scope All.`, {
    exitCode: exitCodes.notThere,
  });
}
