import { StorageError } from '../../domain/errors.ts';
import { onIdentity } from '../../domain/grant.ts';
import { groupArn, parseIdentityArn, policyArn } from '../../domain/identity-arn.ts';
import { parsePolicy } from '../../domain/policy/parse-policy.ts';
import { compareUtf8 } from '../../foundation/byte-order.ts';
import type { ManagedPolicyRecord } from '../../records/managed-policy-record.ts';
import { groups, managedPolicies } from '../identity/entity-table.ts';
import { findPolicy } from '../identity/policies/find-policy.ts';
import { type HolderKind, holdersOf } from '../identity/policies/policy-holders.ts';
import { keptPolicy, policyLimits, policySize } from '../identity/policies/policy-size.ts';
import { TenantExport } from './export-tenant.ts';
import { callsForHolder, type HolderEntry } from './holder-calls.ts';
import type { ImportContext } from './import-context.ts';
import {
  type ImportCall,
  type ImportMode,
  type ImportStep,
  isSame,
  leave,
  refuse,
  requestTags,
  resourceTags,
  tagCalls,
  tagProblem,
  unlessReplaced,
} from './import-step.ts';
import type { PolicyEntry, TenantDocument } from './transfer-document.ts';
import { writeHolder } from './write-holder.ts';
import { writePolicy } from './write-policy.ts';

/** A tenant of a document, and the account that it is imported into. */
export interface TenantToPlan {
  readonly tenant: TenantDocument;
  readonly accountId: string;
  readonly mode: ImportMode;
}

/** Users, groups, roles and managed policies, in an order in which each finds what it names. */
export async function* planIdentities(context: ImportContext, plan: TenantToPlan): AsyncGenerator<ImportStep, void> {
  const { tenant } = plan;
  const known = await namesKnown(context, plan);
  for (const entry of tenant.policies) yield await planPolicy(context, plan, { entry, known });
  for (const entry of tenant.groups) yield await planHolder(context, plan, { kind: 'group', entry, known });
  for (const entry of tenant.users) yield await planHolder(context, plan, { kind: 'user', entry, known });
  for (const entry of tenant.roles) yield await planHolder(context, plan, { kind: 'role', entry, known });
}

/** What the things of a document may name, and how often a name is in it. */
interface Known {
  readonly policyArns: ReadonlySet<string>;
  readonly groupPaths: ReadonlyMap<string, string>;
  readonly twice: ReadonlySet<string>;
}

async function namesKnown({ metadata }: ImportContext, { tenant, accountId, mode }: TenantToPlan): Promise<Known> {
  const policyArns = new Set(tenant.policies.map(({ path, name }) => policyArn({ accountId, path, name })));
  const groupPaths = new Map<string, string>();
  const written = new Map(tenant.groups.map(({ name, path }) => [name.toLowerCase(), path]));
  for (const name of new Set([...written.keys(), ...tenant.users.flatMap((user) => user.groups)])) {
    const record = await groups.findByName(metadata, accountId, name);
    const path = written.get(name.toLowerCase());
    // One that is left as it is has the path that it has, whatever the document says.
    const stays = record && (mode !== 'replace' || path === undefined);
    const known = stays ? record.path : path;
    if (known !== undefined) groupPaths.set(name.toLowerCase(), known);
  }
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const kind of ['policies', 'groups', 'users', 'roles'] as const) {
    for (const { name } of tenant[kind]) {
      const key = `${kind}/${name.toLowerCase()}`;
      if (seen.has(key)) twice.add(key);
      seen.add(key);
    }
  }
  return { policyArns, groupPaths, twice };
}

/** The words of a refusal for a text that cannot be put; undefined where it can. */
export function policyProblem(text: string, kind: 'identity' | 'session' | 'trust'): string | undefined {
  try {
    parsePolicy(text, { kind });
    return undefined;
  } catch (error) {
    if (error instanceof StorageError) return error.message;
    throw error;
  }
}

async function planPolicy(
  context: ImportContext,
  { accountId, mode }: TenantToPlan,
  { entry, known }: { readonly entry: PolicyEntry; readonly known: Known },
): Promise<ImportStep> {
  const of = { kind: 'policy', tenant: accountId, name: entry.name };
  const before = await managedPolicies.findByName(context.metadata, accountId, entry.name);
  if (known.twice.has(`policies/${entry.name.toLowerCase()}`)) return refuse(of, namedTwice);
  const problem = policyEntryProblem(entry, before);
  if (problem !== undefined) return refuse(of, problem);
  const current = before && (await new TenantExport(context).policy(before));
  const wanted = inOrder(entry);
  if (current && isSame(current, wanted)) return leave(of);
  const kept = before && unlessReplaced(of, mode);
  if (kept) return kept;
  return {
    ...of,
    action: before ? 'change' : 'create',
    calls: callsForPolicy(accountId, current, wanted),
    apply: () => writePolicy(context, { accountId, entry: wanted, planned: before }),
  };
}

function policyEntryProblem(entry: PolicyEntry, before: ManagedPolicyRecord | undefined): string | undefined {
  if (before && before.name !== entry.name) return `There is a policy ${before.name}.`;
  if (before && before.path !== entry.path) return 'The path of a policy cannot be changed.';
  if (before && before.description !== entry.description) return 'The description of a policy cannot be changed.';
  const numbers = new Set(entry.versions.map(({ number }) => number));
  if (numbers.size !== entry.versions.length) return 'A version is there twice.';
  if (!numbers.has(entry.defaultVersion)) return 'The default version is not there.';
  for (const { text } of entry.versions) {
    const problem = policyProblem(text, 'identity');
    if (problem !== undefined) return problem;
    if (policySize(text) > policyLimits.managed) return `A policy has at most ${policyLimits.managed} characters.`;
  }
  return tagProblem(entry.tags);
}

const namedTwice = 'The name is in the document twice.';

/** As an export would write it. */
const inOrder = (entry: PolicyEntry): PolicyEntry => ({
  name: entry.name,
  path: entry.path,
  description: entry.description,
  tags: entry.tags,
  defaultVersion: entry.defaultVersion,
  versions: [...entry.versions]
    .sort((one, other) => one.number - other.number)
    .map(({ number, text }) => ({ number, text: keptPolicy(text) })),
});

function callsForPolicy(accountId: string, before: PolicyEntry | undefined, entry: PolicyEntry): readonly ImportCall[] {
  const arn = policyArn({ accountId, path: entry.path, name: entry.name });
  const on = (action: string) => onIdentity(`iam:${action}`, accountId, arn);
  const conditions = resourceTags(entry.tags);
  if (!before) {
    const asked = requestTags(entry.tags);
    return [
      { grant: on('CreatePolicy'), conditions: asked },
      ...(entry.tags.length > 0 ? [{ grant: on('TagPolicy'), conditions: asked }] : []),
      ...(entry.versions.length > 1 || entry.defaultVersion !== 1
        ? [
            { grant: on('CreatePolicyVersion'), conditions },
            { grant: on('SetDefaultPolicyVersion'), conditions },
          ]
        : []),
    ];
  }
  const calls = [...tagCalls((verb) => on(`${verb}Policy`), before.tags, entry.tags)];
  const textOf = (of: PolicyEntry, number: number) => of.versions.find((version) => version.number === number)?.text;
  const isAdded = entry.versions.some(({ number, text }) => textOf(before, number) !== text);
  const isRemoved = before.versions.some(({ number, text }) => textOf(entry, number) !== text);
  if (isAdded) calls.push({ grant: on('CreatePolicyVersion'), conditions });
  if (isRemoved) calls.push({ grant: on('DeletePolicyVersion'), conditions });
  const isOtherInForce = textOf(before, before.defaultVersion) !== textOf(entry, entry.defaultVersion);
  if (isOtherInForce || before.defaultVersion !== entry.defaultVersion) {
    calls.push({ grant: on('SetDefaultPolicyVersion'), conditions });
  }
  return calls;
}

async function planHolder(
  context: ImportContext,
  { accountId, mode }: TenantToPlan,
  { kind, entry: written, known }: { readonly kind: HolderKind; readonly entry: HolderEntry; readonly known: Known },
): Promise<ImportStep> {
  const of = { kind, tenant: accountId, name: written.name };
  const planned = await holdersOf(kind).findByName(context.metadata, accountId, written.name);
  if (known.twice.has(`${kind}s/${written.name.toLowerCase()}`)) {
    return refuse(of, namedTwice);
  }
  if (planned && planned.name !== written.name) return refuse(of, `There is a ${kind} ${planned.name}.`);
  const ordered = holderInOrder(kind, written);
  const problem = await holderProblem(context, { kind, entry: ordered, known, accountId });
  if (problem !== undefined) return refuse(of, problem);
  const entry = withKeptTexts(ordered);
  const reading = new TenantExport(context);
  const before = planned && ((await reading[kind](planned as never)) as HolderEntry);
  if (before && isSame(before, entry)) return leave(of);
  const kept = planned && unlessReplaced(of, mode);
  if (kept) return kept;
  if (before && kind === 'role' && before.path !== entry.path)
    return refuse(of, 'The path of a role cannot be changed.');
  const pathOfGroup = (name: string) => known.groupPaths.get(name.toLowerCase()) ?? '/';
  // Groups that a user leaves are named by where they are, whatever the document has of them.
  const left = await pathsOfGroups(context, accountId, before);
  return {
    ...of,
    action: before ? 'change' : 'create',
    calls: callsForHolder(
      { kind, accountId, pathOfGroup: (name) => left.get(name) ?? pathOfGroup(name) },
      before,
      entry,
    ),
    apply: () => writeHolder(context, { kind, accountId, entry, planned }),
  };
}

async function pathsOfGroups(
  { metadata }: ImportContext,
  accountId: string,
  entry: HolderEntry | undefined,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const name of entry && 'groups' in entry ? entry.groups : []) {
    const group = await groups.findByName(metadata, accountId, name);
    if (group) paths.set(name, group.path);
  }
  return paths;
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort(compareUtf8);

/** As an export would write it, without what stands in records of its own. */
function holderInOrder(kind: HolderKind, entry: HolderEntry): HolderEntry {
  const { name, path, inline } = entry;
  const attached = unique(entry.attached);
  if (kind === 'group') return { name, path, attached, inline };
  const boundary = 'boundary' in entry && entry.boundary !== undefined ? { boundary: entry.boundary } : {};
  if ('trustPolicy' in entry) {
    const { description, maximumSessionSeconds, trustPolicy, tags } = entry;
    return { name, path, description, maximumSessionSeconds, trustPolicy, tags, ...boundary, attached, inline };
  }
  const { tags, groups: names } = entry as Extract<HolderEntry, { groups: readonly string[] }>;
  return { name, path, tags, ...boundary, attached, inline, groups: unique(names) };
}

function withKeptTexts(entry: HolderEntry): HolderEntry {
  const inline = Object.fromEntries(Object.entries(entry.inline).map(([name, text]) => [name, keptPolicy(text)]));
  if (!('trustPolicy' in entry)) return { ...entry, inline };
  return { ...entry, inline, trustPolicy: keptPolicy(entry.trustPolicy) };
}

async function holderProblem(
  { metadata }: ImportContext,
  {
    kind,
    entry,
    known,
    accountId,
  }: { readonly kind: HolderKind; readonly entry: HolderEntry; readonly known: Known; readonly accountId: string },
): Promise<string | undefined> {
  let size = 0;
  for (const text of Object.values(entry.inline)) {
    const problem = policyProblem(text, 'identity');
    if (problem !== undefined) return problem;
    size += policySize(text);
    // At the first that is too much: all texts of one user could take seconds to read.
    if (size > policyLimits.inline[kind]) return `Its policies have more than ${policyLimits.inline[kind]} characters.`;
  }
  if (entry.attached.length > policyLimits.attached[kind]) return 'It has too many policies attached.';
  const boundary = 'boundary' in entry && entry.boundary !== undefined ? [entry.boundary] : [];
  for (const arn of [...entry.attached, ...boundary]) {
    const named = parseIdentityArn(arn);
    const isWithin = named?.kind === 'policy' && (named.accountId === accountId || named.accountId === 'aws');
    if (!isWithin || !(known.policyArns.has(arn) || (await findPolicy(metadata, arn)))) {
      return `There is no policy ${arn}.`;
    }
  }
  if ('trustPolicy' in entry) {
    const problem = policyProblem(entry.trustPolicy, 'trust');
    if (problem !== undefined) return problem;
    if (policySize(entry.trustPolicy) > policyLimits.trust) return 'Its trust policy is too long.';
  }
  if ('groups' in entry) {
    if (entry.groups.length > 10) return 'It is in too many groups.';
    const missing = entry.groups.find((name) => !known.groupPaths.has(name.toLowerCase()));
    if (missing !== undefined) return `There is no group ${groupArn({ accountId, path: '/', name: missing })}.`;
  }
  return 'tags' in entry ? tagProblem(entry.tags) : undefined;
}
