import { conditionKeyNamed, isProviderKey } from './condition-keys.ts';
import { malformedPolicy } from './malformed-policy.ts';
import { anyText, type PatternUnits } from './pattern-units.ts';
import type { PolicyStatement, PolicyVersion } from './policy-document.ts';
import { parseTemplate } from './policy-variables.ts';
import { type S3Action, s3ActionsMatching } from './s3-actions.ts';
import { matchesUnits, mayMatchBeyond, patternUnits } from './wildcard.ts';

const s3Arn = 'arn:aws:s3:::';

/** Which of a bucket and its objects a pattern can match. */
interface Reach {
  readonly bucket: boolean;
  readonly object: boolean;
}

/**
 * Checks what S3 checks of a statement on a bucket: that its resources are that bucket or objects in it, that every
 * action exists and can be done to one of them, and that the condition keys are known and belong to the actions.
 * Throws MalformedPolicy.
 */
export function checkBucketStatement(statement: PolicyStatement, bucket: string, version: PolicyVersion): void {
  const reach = reachOf(statement, bucket, version);
  const named = [...new Set(statement.actions.patterns)].map((pattern) => {
    const actions = s3ActionsMatching(pattern);
    if (actions.length === 0) throw malformedPolicy('Policy has invalid action');
    return actions;
  });
  checkConditionKeys(statement);
  if (statement.actions.negated || statement.resources?.negated) return;
  const applicable = named.map((actions) => actions.filter((action) => appliesTo(action, reach)));
  if (applicable.some((actions) => actions.length === 0)) {
    throw malformedPolicy('Action does not apply to any resource(s) in statement');
  }
  for (const { key } of statement.conditions) {
    const supporting = conditionKeyNamed(key)?.actions;
    if (supporting === undefined) continue;
    if (applicable.some((actions) => !actions.some((action) => supporting.includes(action.name)))) {
      throw malformedPolicy('Conditions do not apply to combination of actions and resources in statement');
    }
  }
}

function reachOf(statement: PolicyStatement, bucket: string, version: PolicyVersion): Reach {
  let reach: Reach = { bucket: false, object: false };
  for (const resource of statement.resources?.patterns ?? []) {
    const units = bucketUnits(resource, version);
    const one = { bucket: matchesUnits(units, bucket, 0), object: mayMatchBeyond(units, `${bucket}/`) };
    if (!one.bucket && !one.object) throw malformedPolicy('Policy has invalid resource');
    reach = { bucket: reach.bucket || one.bucket, object: reach.object || one.object };
  }
  return reach;
}

/** What a resource says behind `arn:aws:s3:::`, with a variable standing for any text. */
function bucketUnits(resource: string, version: PolicyVersion): PatternUnits {
  if (resource === '*') return Int32Array.of(anyText);
  if (!resource.startsWith(s3Arn)) throw malformedPolicy('Policy has invalid resource');
  const template = parseTemplate(resource.slice(s3Arn.length), version);
  return Int32Array.from(
    template.flatMap((part) => {
      if (part.kind === 'variable') return [anyText];
      if (part.kind === 'written') return [...patternUnits(part.text)];
      return [part.text.charCodeAt(0)];
    }),
  );
}

function appliesTo(action: S3Action, reach: Reach): boolean {
  return (reach.bucket && action.resources.includes('bucket')) || (reach.object && action.resources.includes('object'));
}

function checkConditionKeys(statement: PolicyStatement): void {
  for (const { key } of statement.conditions) {
    if (conditionKeyNamed(key) === undefined && !isProviderKey(key)) {
      throw malformedPolicy('Policy has an invalid condition key');
    }
  }
}
