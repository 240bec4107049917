import { onIdentity } from '../../domain/grant.ts';
import { groupArn } from '../../domain/identity-arn.ts';
import { type HolderKind, holderArn } from '../identity/policies/policy-holders.ts';
import { type CallConditions, type ImportCall, requestTags, resourceTags, tagCalls } from './import-step.ts';
import type { GroupEntry, RoleEntry, UserEntry } from './transfer-document.ts';

/** A user, group or role as a document has it. */
export type HolderEntry = GroupEntry | UserEntry | RoleEntry;

const words = { user: 'User', group: 'Group', role: 'Role' } as const;
const boundaryIn = (entry: HolderEntry): string | undefined => ('boundary' in entry ? entry.boundary : undefined);
const tagsIn = (entry: HolderEntry) => ('tags' in entry ? entry.tags : []);
const groupsIn = (entry: HolderEntry): readonly string[] => ('groups' in entry ? entry.groups : []);

interface Named {
  readonly kind: HolderKind;
  readonly accountId: string;
  /** Paths of groups, by name: those that are there, and those of the document. */
  readonly pathOfGroup: (name: string) => string;
}

/**
 * The calls of IAM that make `after` of `before` (nothing, where that is undefined), in an order in which they could be
 * sent: what bounds comes first, so that the conditions of what follows are those that it would meet.
 */
export function callsForHolder(
  { kind, accountId, pathOfGroup }: Named,
  before: HolderEntry | undefined,
  after: HolderEntry,
): readonly ImportCall[] {
  const word = words[kind];
  const arn = holderArn(kind, { accountId, path: after.path, name: after.name });
  const oldArn = holderArn(kind, { accountId, path: before?.path ?? after.path, name: after.name });
  const on = (action: string, of = arn) => onIdentity(`iam:${action}`, accountId, of);
  const boundary = boundaryIn(after);
  const oldBoundary = before && boundaryIn(before);
  const bounded = (arnOfPolicy: string | undefined): CallConditions =>
    arnOfPolicy === undefined ? {} : { 'iam:permissionsboundary': [arnOfPolicy] };
  const calls: ImportCall[] = [];
  if (!before) {
    calls.push({ grant: on(`Create${word}`), conditions: { ...bounded(boundary), ...requestTags(tagsIn(after)) } });
    if (tagsIn(after).length > 0) calls.push({ grant: on(`Tag${word}`), conditions: requestTags(tagsIn(after)) });
  } else {
    const there = resourceTags(tagsIn(before));
    calls.push(...tagCalls((verb) => on(`${verb}${word}`, oldArn), tagsIn(before), tagsIn(after)));
    if (before.path !== after.path) {
      calls.push(
        { grant: on(`Update${word}`, oldArn), conditions: there },
        { grant: on(`Update${word}`), conditions: there },
      );
    }
    if (oldBoundary !== boundary) {
      const verb = boundary === undefined ? 'Delete' : 'Put';
      const conditions = { ...there, ...bounded(boundary ?? oldBoundary) };
      calls.push({ grant: on(`${verb}${word}PermissionsBoundary`), conditions });
    }
    if ('trustPolicy' in before && 'trustPolicy' in after) calls.push(...callsForRole(before, after, on));
  }
  const context = { ...resourceTags(tagsIn(after)), ...bounded(boundary) };
  for (const [verb, arns] of [
    ['Attach', added(before?.attached, after.attached)],
    ['Detach', added(after.attached, before?.attached)],
  ] as const) {
    for (const policy of arns) {
      calls.push({ grant: on(`${verb}${word}Policy`), conditions: { ...context, 'iam:policyarn': [policy] } });
    }
  }
  const isPut = Object.entries(after.inline).some(([name, text]) => before?.inline[name] !== text);
  if (isPut) calls.push({ grant: on(`Put${word}Policy`), conditions: context });
  const isDeleted = Object.keys(before?.inline ?? {}).some((name) => !Object.hasOwn(after.inline, name));
  if (isDeleted) calls.push({ grant: on(`Delete${word}Policy`), conditions: context });
  const oldGroups = before && groupsIn(before);
  const groupOf = (name: string) => groupArn({ accountId, path: pathOfGroup(name), name });
  for (const name of added(oldGroups, groupsIn(after))) {
    calls.push({ grant: on('AddUserToGroup', groupOf(name)), conditions: {} });
  }
  for (const name of added(groupsIn(after), oldGroups)) {
    calls.push({ grant: on('RemoveUserFromGroup', groupOf(name)), conditions: {} });
  }
  return calls;
}

function callsForRole(
  before: RoleEntry,
  after: RoleEntry,
  on: (action: string) => ImportCall['grant'],
): readonly ImportCall[] {
  const conditions = resourceTags(after.tags);
  const calls: ImportCall[] = [];
  if (before.trustPolicy !== after.trustPolicy) calls.push({ grant: on('UpdateAssumeRolePolicy'), conditions });
  const isSameRole =
    before.description === after.description && before.maximumSessionSeconds === after.maximumSessionSeconds;
  if (!isSameRole) calls.push({ grant: on('UpdateRole'), conditions });
  return calls;
}

const added = (before: readonly string[] | undefined, after: readonly string[] | undefined): readonly string[] =>
  (after ?? []).filter((one) => !before?.includes(one));
