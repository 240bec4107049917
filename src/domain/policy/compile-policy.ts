import { type CompiledCondition, compileCondition } from './compile-conditions.ts';
import type {
  PatternElement,
  PolicyDocument,
  PolicyEffect,
  PolicyStatement,
  PolicyVersion,
} from './policy-document.ts';
import type { ConditionContext } from './policy-request.ts';
import { emptyContext, expandPattern, hasVariables, parseTemplate, type Template } from './policy-variables.ts';
import { type CompiledPrincipals, compilePrincipals } from './principals.ts';
import { matchesPattern, matchesUnits, patternOf, patternOfUnits, type TextPattern } from './wildcard.ts';

/** A policy made ready for many requests. To be kept as long as the document is valid. */
export interface CompiledPolicy {
  /** How a trace calls the policy: `bucket policy`, `user alice: inline policy backup` … */
  readonly name: string;
  readonly statements: readonly CompiledStatement[];
  /** The statements about an action, by the action as requests spell it. Filled as requests come; bounded. */
  readonly byAction: Map<string, ActionStatements>;
}

/** The statements of a policy that are about one action. */
export interface ActionStatements {
  readonly denies: readonly CompiledStatement[];
  readonly allows: readonly CompiledStatement[];
}

export interface CompiledStatement {
  readonly source: PolicyStatement;
  /** How a decision names the statement. */
  readonly reference: StatementReference;
  readonly actions: CompiledActions;
  readonly principals: CompiledPrincipals | undefined;
  readonly resources: CompiledResources | undefined;
  readonly conditions: readonly CompiledCondition[];
}

/** One statement of one policy. */
export interface StatementReference {
  readonly policy: string;
  /** Its place in the policy, from 0. */
  readonly index: number;
  readonly sid: string | undefined;
  readonly effect: PolicyEffect;
}

export interface CompiledActions {
  readonly negated: boolean;
  readonly exact: ReadonlySet<string>;
  readonly patterns: readonly TextPattern[];
}

export interface CompiledResources {
  readonly negated: boolean;
  /** Whether `*` is among them. */
  readonly everything: boolean;
  readonly patterns: readonly TextPattern[];
  /** Those with policy variables, each with what the resource must begin with in any case. */
  readonly templates: readonly { readonly start: string; readonly template: Template }[];
  readonly effect: PolicyEffect;
}

/** More actions than S3, IAM and STS have together. */
const rememberedActions = 1024;

/** Makes a parsed policy ready. The name is for traces only. */
export function compilePolicy(document: PolicyDocument, name: string): CompiledPolicy {
  const { version } = document;
  const statements = document.statements.map((source, index): CompiledStatement => {
    const { sid, effect, principals, resources } = source;
    return {
      source,
      reference: { policy: name, index, sid, effect },
      actions: compileActions(source.actions),
      principals: principals === undefined ? undefined : compilePrincipals(principals),
      resources: resources === undefined ? undefined : compileResources(resources, version, effect),
      conditions: listOrNone(source.conditions.map((clause) => compileCondition(clause, { version, effect }))),
    };
  });
  return { name, statements, byAction: new Map() };
}

/** The statements of a policy about an action. */
export function statementsAbout(policy: CompiledPolicy, action: string): ActionStatements {
  const known = policy.byAction.get(action);
  if (known !== undefined) return known;
  const lower = action.toLowerCase();
  const about = policy.statements.filter((statement) => matchesAction(statement.actions, lower));
  const found: ActionStatements =
    about.length === 0
      ? noStatements
      : {
          denies: listOrNone(about.filter((statement) => statement.source.effect === 'Deny')),
          allows: listOrNone(about.filter((statement) => statement.source.effect === 'Allow')),
        };
  if (policy.byAction.size < rememberedActions) policy.byAction.set(action, found);
  return found;
}

function compileActions(element: PatternElement): CompiledActions {
  const written = element.patterns.map((pattern) => pattern.toLowerCase());
  const exact = written.filter((pattern) => !/[*?]/.test(pattern));
  return {
    negated: element.negated,
    exact: exact.length === 0 ? none : new Set(exact),
    patterns: listOrNone(written.filter((pattern) => /[*?]/.test(pattern)).map(patternOf)),
  };
}

/** Kept once for all policies: there are tens of thousands of them in a process, and most of their lists are empty. */
const none: ReadonlySet<string> = new Set();
const emptyList: readonly never[] = Object.freeze([]);
const noStatements: ActionStatements = Object.freeze({ denies: emptyList, allows: emptyList });
const listOrNone = <T>(list: readonly T[]): readonly T[] => (list.length === 0 ? emptyList : list);

/** Whether a statement is about an action, which is given in lower case. */
export function matchesAction(actions: CompiledActions, lower: string): boolean {
  const listed = actions.exact.has(lower) || actions.patterns.some((pattern) => matchesPattern(pattern, lower));
  return listed !== actions.negated;
}

function compileResources(element: PatternElement, version: PolicyVersion, effect: PolicyEffect): CompiledResources {
  const templates = element.patterns.map((pattern) => parseTemplate(pattern, version));
  const open = templates.filter(hasVariables);
  return {
    negated: element.negated,
    everything: element.patterns.includes('*'),
    patterns: listOrNone(
      templates
        .filter((template) => !hasVariables(template))
        .map((template) => patternOfUnits(expandPattern(template, emptyContext)!)),
    ),
    templates: listOrNone(open.map((template) => ({ start: startOf(template), template }))),
    effect,
  };
}

function startOf(template: Template): string {
  const [first] = template;
  return first?.kind === 'written' ? patternOf(first.text).literal : '';
}

/**
 * Whether a statement is about a resource. A pattern whose variable has no value matches nothing; where that would let
 * an Allow with NotResource reach further, the statement is not about the resource at all.
 */
export function matchesResource(resources: CompiledResources, resource: string, context: ConditionContext): boolean {
  if (resources.everything) return !resources.negated;
  for (const pattern of resources.patterns) if (matchesPattern(pattern, resource)) return !resources.negated;
  let isUnresolved = false;
  for (const { start, template } of resources.templates) {
    if (!resources.negated && !resource.startsWith(start)) continue;
    const units = expandPattern(template, context);
    if (units === undefined) isUnresolved = true;
    else if (matchesUnits(units, resource, 0)) return !resources.negated;
  }
  return resources.negated && (!isUnresolved || resources.effect === 'Deny');
}
