import type { Grant } from '../../domain/grant.ts';
import type { Tag } from '../../domain/tagging.ts';

/** More of what policies may ask about one call, by condition key in lower case. */
export type CallConditions = Readonly<Record<string, readonly string[]>>;

/** A call of the API that would do the same: what an import needs the right to. */
export interface ImportCall {
  readonly grant: Grant;
  readonly conditions: CallConditions;
}

/** What becomes of one thing of a document. */
export type ImportAction = 'create' | 'change' | 'leave' | 'refuse';

export interface ImportStep {
  /** `user`, `access key`, `bucket` … */
  readonly kind: string;
  /** The account that it is in. */
  readonly tenant: string;
  readonly name: string;
  readonly action: ImportAction;
  /** Why it is left or refused. */
  readonly reason?: string | undefined;
  /** It is the gate that refuses it. */
  readonly isDenied?: boolean;
  /** All of them have to be granted. Never empty for what is made or changed. */
  readonly calls: readonly ImportCall[];
  /** Asks what the gate for identities cannot: undefined where it is allowed, else what is refused. */
  readonly refusal?: (() => Promise<string | undefined>) | undefined;
  /** Does it, in one commit where it can be one. What another has changed since it was planned is not overwritten. */
  readonly apply: () => Promise<void>;
}

type StepName = Pick<ImportStep, 'kind' | 'tenant' | 'name'>;

const nothing = async (): Promise<void> => undefined;

export function leave(of: StepName, reason?: string): ImportStep {
  return { ...of, action: 'leave', reason, calls: [], apply: nothing };
}

export function refuse(of: StepName, reason: string): ImportStep {
  return { ...of, action: 'refuse', reason, calls: [], apply: nothing };
}

/** `fail`: whatever is there and is not the same is refused; `skip`: it stays; `replace`: it becomes as in the document. */
export type ImportMode = 'fail' | 'skip' | 'replace';

/** For something that is there and differs: undefined where it is to be changed. */
export function unlessReplaced(of: StepName, mode: ImportMode): ImportStep | undefined {
  if (mode === 'replace') return undefined;
  return mode === 'skip' ? leave(of, 'It is there already.') : refuse(of, 'It is there already, and is not the same.');
}

export const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Of what is asked for: `aws:RequestTag/…` and `aws:TagKeys`. */
export function requestTags(tags: readonly Tag[]): CallConditions {
  if (tags.length === 0) return {};
  return { 'aws:tagkeys': tags.map(({ key }) => key), ...tagConditions('aws:requesttag/', tags) };
}

/** Of what is there: `aws:ResourceTag/…` and `iam:ResourceTag/…`. */
export function resourceTags(tags: readonly Tag[]): CallConditions {
  return { ...tagConditions('aws:resourcetag/', tags), ...tagConditions('iam:resourcetag/', tags) };
}

function tagConditions(start: string, tags: readonly Tag[]): CallConditions {
  return Object.fromEntries(tags.map(({ key, value }) => [start + key.toLowerCase(), [value]]));
}

/** Tags whose keys are the same but for their case, and those of the system, are none that the API takes. */
export function tagProblem(tags: readonly Tag[]): string | undefined {
  const keys = new Set(tags.map(({ key }) => key.toLowerCase()));
  if (keys.size < tags.length) return 'Tag keys are there twice.';
  return tags.some(({ key }) => /^aws:/i.test(key)) ? 'Tag keys that begin with aws: are reserved.' : undefined;
}

/** What has to be called to make one list of tags of another. */
export function tagCalls(
  grantOf: (verb: 'Tag' | 'Untag') => Grant,
  before: readonly Tag[],
  after: readonly Tag[],
): readonly ImportCall[] {
  const calls: ImportCall[] = [];
  const same = (one: Tag) => (other: Tag) => one.key === other.key && one.value === other.value;
  const added = after.filter((tag) => !before.some(same(tag)));
  const removed = before.filter((tag) => !after.some((other) => other.key.toLowerCase() === tag.key.toLowerCase()));
  if (added.length > 0) {
    calls.push({ grant: grantOf('Tag'), conditions: { ...resourceTags(before), ...requestTags(added) } });
  }
  if (removed.length > 0) {
    const conditions = { ...resourceTags(before), 'aws:tagkeys': removed.map(({ key }) => key) };
    calls.push({ grant: grantOf('Untag'), conditions });
  }
  return calls;
}
