import type { CompiledPolicy } from '../../../domain/policy/compile-policy.ts';
import type { PolicyStatement } from '../../../domain/policy/policy-document.ts';

/** `${aws:username}`, `${aws:username, 'nobody'}` */
const variable = /\$\{\s*([^\s,:'{}]+:[^,'{}]*[^\s,'{}])\s*(?:,[^{}]*)?\}/g;

/** The condition keys that policies ask for, in conditions and variables: as written, each once whatever its case. */
export function contextKeysOf(policies: readonly CompiledPolicy[]): readonly string[] {
  const keys = new Map<string, string>();
  const add = (key: string) => {
    if (!keys.has(key.toLowerCase())) keys.set(key.toLowerCase(), key);
  };
  for (const { statements } of policies) for (const { source } of statements) keysOfStatement(source, add);
  return [...keys.values()];
}

function keysOfStatement({ conditions, resources }: PolicyStatement, add: (key: string) => void): void {
  for (const { key, values } of conditions) {
    add(key);
    for (const value of values) addVariables(value, add);
  }
  for (const pattern of resources?.patterns ?? []) addVariables(pattern, add);
}

function addVariables(text: string, add: (key: string) => void): void {
  for (const [, key] of text.matchAll(variable)) add(key!);
}
