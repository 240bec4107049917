import { SaxesParser } from 'saxes';

/** What a service answers, by AWS's names of the fields. */
export type AnswerValue = string | number | boolean | Answer | readonly AnswerValue[];
export interface Answer {
  readonly [field: string]: AnswerValue | undefined;
}

/** Fields that are numbers or truths in AWS's own clients; all others are text. */
const integers = new Set([
  'Buckets',
  'Groups',
  'Policies',
  'Roles',
  'Users',
  'Bytes',
  'BytesPerSecond',
  'Objects',
  'RequestsPerSecond',
  'UploadBytes',
  'Uploads',
  'Versions',
  'AttachmentCount',
  'DurationSeconds',
  'EndColumn',
  'MaxPasswordAge',
  'MaxSessionDuration',
  'MinimumPasswordLength',
  'PackedPolicySize',
  'PasswordReusePrevention',
  'PermissionsBoundaryUsageCount',
]);
const truths = new Set([
  'IsComplete',
  'IsSystem',
  'AllowUsersToChangePassword',
  'AllowedByPermissionsBoundary',
  'ExpirePasswords',
  'HardExpiry',
  'IsAttachable',
  'IsDefaultVersion',
  'IsTruncated',
  'PasswordResetRequired',
  'RequireLowercaseCharacters',
  'RequireNumbers',
  'RequireSymbols',
  'RequireUppercaseCharacters',
]);
/** Policies are URL-encoded JSON in IAM's answers. */
const documents = new Set(['AssumeRolePolicyDocument', 'Document', 'PolicyDocument']);
/** Lists, which are without a mark in XML where they are empty. */
const lists = new Set([
  'AccessKeyMetadata',
  'AccountAliases',
  'AttachedManagedPolicies',
  'AttachedPolicies',
  'ClientIDList',
  'ContextKeyNames',
  'EvaluationResults',
  'GroupDetailList',
  'Groups',
  'MatchedStatements',
  'MissingContextValues',
  'OpenIDConnectProviderList',
  'Policies',
  'PolicyGroups',
  'PolicyNames',
  'PolicyRoles',
  'PolicyUsers',
  'RoleDetailList',
  'Roles',
  'RootKeys',
  'ServiceAccounts',
  'Statements',
  'Tags',
  'Tenants',
  'ThumbprintList',
  'UserDetailList',
  'Users',
  'Versions',
]);

const maximumDepth = 24;

interface Frame {
  readonly name: string;
  text: string;
  children: [name: string, value: AnswerValue][] | undefined;
}

/**
 * The XML of the query protocol as a record: what is in the root element. `member` elements are a list, `entry` elements
 * with `key` and `value` a record. Throws for what is not well-formed.
 */
export function readAnswer(xml: string): Answer {
  const parser = new SaxesParser({ xmlns: false, position: false });
  const open: Frame[] = [];
  let root: AnswerValue | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw new Error('an answer has no document type');
  });
  parser.on('opentag', ({ name }) => {
    if (open.length === maximumDepth) throw new Error('the answer is too deep');
    open.push({ name, text: '', children: undefined });
  });
  const onText = (text: string) => {
    const frame = open.at(-1);
    if (frame) frame.text += text;
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  parser.on('closetag', () => {
    const frame = open.pop()!;
    const value = readValue(frame);
    const parent = open.at(-1);
    if (parent === undefined) root = value;
    else {
      parent.children ??= [];
      parent.children.push([frame.name, value]);
    }
  });
  parser.write(xml).close();
  if (typeof root === 'object' && !Array.isArray(root)) return root as Answer;
  throw new Error('the answer is empty');
}

function readValue({ name, text, children }: Frame): AnswerValue {
  // `Users` is a list of them here, and their number there.
  if (children === undefined) return lists.has(name) && text.trim() === '' ? [] : scalar(name, text);
  if (children.every(([child]) => child === 'member')) return children.map(([, value]) => value);
  if (children.every(([child]) => child === 'entry')) return mapOf(children.map(([, value]) => value as Answer));
  return Object.fromEntries(children);
}

function scalar(name: string, text: string): AnswerValue {
  if (integers.has(name) && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (truths.has(name) && (text === 'true' || text === 'false')) return text === 'true';
  return documents.has(name) ? documentIn(text) : text;
}

function documentIn(text: string): AnswerValue {
  try {
    return JSON.parse(text.startsWith('%') ? decodeURIComponent(text) : text) as AnswerValue;
  } catch {
    return text;
  }
}

/** As `GetAccountSummary` has it: values are numbers there. */
function mapOf(entries: readonly Answer[]): Answer {
  return Object.fromEntries(
    entries.map(({ key, value }) => [
      String(key),
      typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
    ]),
  );
}
