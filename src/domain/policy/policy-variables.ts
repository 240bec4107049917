import { malformedPolicy, quoted } from './malformed-policy.ts';
import type { PatternUnits } from './pattern-units.ts';
import type { PolicyVersion } from './policy-document.ts';
import type { ConditionContext } from './policy-request.ts';
import { patternUnits } from './wildcard.ts';

/**
 * A piece of a resource or of a condition's value: text as written (whose `*` and `?` are wildcards where wildcards are
 * known), text to be taken literally (`${*}`), or a variable (`${aws:username, 'anonymous'}`).
 */
export type TemplatePart =
  | { readonly kind: 'written'; readonly text: string }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly key: string; readonly fallback: string | undefined };

export type Template = readonly TemplatePart[];

const placeholder = /\$\{([^{}]*)\}/g;
const variable = /^\s*([^\s,:'{}]+:[^,'{}]*[^\s,'{}])\s*(?:,\s*'([^'{}]*)'\s*)?$/;

/**
 * Splits text at its policy variables. In the version 2008-10-17 there are none, and `${` is text like any other.
 * Throws MalformedPolicy where a variable is begun and not well-formed
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
 */
export function parseTemplate(text: string, version: PolicyVersion): Template {
  if (version === '2008-10-17' || !text.includes('${')) return [{ kind: 'written', text }];
  const parts: TemplatePart[] = [];
  let end = 0;
  const write = (written: string) => {
    if (written.includes('${')) throw malformedPolicy(`Policy has an invalid variable: ${quoted(text)}`);
    if (written !== '') parts.push({ kind: 'written', text: written });
  };
  for (const match of text.matchAll(placeholder)) {
    write(text.slice(end, match.index));
    parts.push(partNamed(match[1]!, text));
    end = match.index + match[0].length;
  }
  write(text.slice(end));
  return parts;
}

function partNamed(name: string, text: string): TemplatePart {
  if (name === '*' || name === '?' || name === '$') return { kind: 'literal', text: name };
  const found = variable.exec(name);
  if (found === null) throw malformedPolicy(`Policy has an invalid variable: ${quoted(text)}`);
  return { kind: 'variable', key: found[1]!.toLowerCase(), fallback: found[2] };
}

export function hasVariables(template: Template): boolean {
  return template.some((part) => part.kind === 'variable');
}

/** The text of a template without wildcards; undefined where a variable has neither one value nor a default. */
export function expandText(template: Template, context: ConditionContext): string | undefined {
  let text = '';
  for (const part of template) {
    const expanded = part.kind === 'variable' ? currentValue(part, context) : part.text;
    if (expanded === undefined) return undefined;
    text += expanded;
  }
  return text;
}

/**
 * The units of a template whose written text may hold wildcards; undefined as for `expandText`. What a variable stands
 * for is literal: a user called `*` gains nothing by it.
 */
export function expandPattern(template: Template, context: ConditionContext): PatternUnits | undefined {
  const pieces: PatternUnits[] = [];
  let length = 0;
  for (const part of template) {
    const expanded = part.kind === 'variable' ? currentValue(part, context) : part.text;
    if (expanded === undefined) return undefined;
    const units = part.kind === 'written' ? patternUnits(expanded) : literalUnits(expanded);
    pieces.push(units);
    length += units.length;
  }
  const all = new Int32Array(length);
  let at = 0;
  for (const units of pieces) {
    all.set(units, at);
    at += units.length;
  }
  return all;
}

/** A context in which nothing has a value: for templates that have no variables. */
export const emptyContext: ConditionContext = { values: () => undefined };

function currentValue(
  part: { key: string; fallback: string | undefined },
  context: ConditionContext,
): string | undefined {
  const values = context.values(part.key);
  if (values === undefined || values.length === 0) return part.fallback;
  // A key of several values cannot stand for one text, and a default is for keys that are absent.
  return values.length === 1 ? values[0] : undefined;
}

function literalUnits(text: string): PatternUnits {
  const units = new Int32Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return units;
}
