import { StorageError } from '../../domain/errors.ts';
import { type CompiledPolicy, compilePolicy } from '../../domain/policy/compile-policy.ts';
import { asksForExistingTags } from '../../domain/policy/identity-rights.ts';
import { parsePolicy } from '../../domain/policy/parse-policy.ts';
import type { PolicyDocument } from '../../domain/policy/policy-document.ts';
import { RecentMap } from '../../foundation/recent-map.ts';

/** What a policy weighs beside its text, in characters. */
const overhead = 256;

/** A policy of a principal, ready to be asked. */
export interface ReadyPolicy {
  readonly compiled: CompiledPolicy;
  readonly asksForTags: boolean;
}

/** Half of the characters of policies that a process keeps compiled at most: thousands of users share the same few. */
const remembered = 8 * 1024 * 1024;

/** Compiles policies by their text, each once a process as long as it is asked for. */
export class PolicyCompiler {
  readonly #known = new RecentMap<string, ReadyPolicy>(remembered);

  /** `name` is what decisions call it. A text that cannot be read denies everything: what it once denied must not be allowed. */
  ready(name: string, text: string, kind: 'identity' | 'session' | 'trust' = 'identity'): ReadyPolicy {
    const key = `${kind}\n${name}\n${text}`;
    const known = this.#known.get(key);
    if (known) return known;
    const document = readStored(text, kind);
    const made = { compiled: compilePolicy(document, name), asksForTags: asksForExistingTags(document) };
    this.#known.set(key, made, text.length + overhead);
    return made;
  }
}

function readStored(text: string, kind: 'identity' | 'session' | 'trust'): PolicyDocument {
  try {
    return parsePolicy(text, { kind });
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return closed;
  }
}

const closed: PolicyDocument = {
  kind: 'identity',
  version: '2012-10-17',
  statements: [
    {
      effect: 'Deny',
      actions: { negated: false, patterns: ['*'] },
      resources: { negated: false, patterns: ['*'] },
      conditions: [],
    },
  ],
};
