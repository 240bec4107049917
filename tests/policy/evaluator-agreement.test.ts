import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StorageError } from '../../src/domain/errors.ts';
import { compilePolicy } from '../../src/domain/policy/compile-policy.ts';
import { evaluate } from '../../src/domain/policy/evaluate.ts';
import { explain } from '../../src/domain/policy/explain.ts';
import { parsePolicy } from '../../src/domain/policy/parse-policy.ts';
import type { PolicyDocument } from '../../src/domain/policy/policy-document.ts';
import { policy, request } from './arbitrary-policies.ts';
import { evaluateByReference } from './reference-evaluator.ts';

function parsed(value: unknown): PolicyDocument | undefined {
  try {
    return parsePolicy(JSON.stringify(value), { kind: 'bucket', bucket: 'bucket' });
  } catch (error) {
    // Some of what is drawn has keys that do not belong to its actions; that is refused before it is evaluated.
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

test('the evaluator decides as the plain reference does, and names the same statements', () => {
  const seen = new Map<string, number>();
  let evaluated = 0;
  fc.assert(
    fc.property(policy, fc.array(request, { minLength: 4, maxLength: 4 }), (written, requests) => {
      // The rules of buckets are left out here: they would refuse most combinations of keys and actions.
      const trimmed = { ...written, Statement: written.Statement.map(withAnyAction) };
      const document = parsed(trimmed);
      if (document === undefined) return;
      const compiled = compilePolicy(document, 'drawn');
      for (const one of requests) {
        const decision = evaluate([compiled], one);
        const expected = evaluateByReference(document, one);
        const places = decision.statements.map(({ index }) => index);
        assert.deepEqual({ effect: decision.effect, statements: places }, expected);
        const applying = explain([compiled], one).filter(({ applies }) => applies);
        const effect = decision.effect === 'explicit-deny' ? 'Deny' : 'Allow';
        const explained = applying.filter(({ statement }) => statement.effect === effect);
        assert.deepEqual(
          explained.map(({ statement }) => statement.index),
          places,
        );
        seen.set(decision.effect, (seen.get(decision.effect) ?? 0) + 1);
        evaluated++;
      }
    }),
    { numRuns: 2000, seed: 20_261_121 },
  );
  assert.ok(evaluated > 4000, `only ${evaluated} requests were evaluated`);
  for (const effect of ['allow', 'explicit-deny', 'implicit-deny']) assert.ok((seen.get(effect) ?? 0) > 300, effect);
});

/** A statement whose keys belong to the listing actions names those beside its own, so that it is accepted. */
function withAnyAction<S extends object>(statement: S): S {
  const condition = 'Condition' in statement ? JSON.stringify(statement.Condition).toLowerCase() : '';
  if (!condition.includes('s3:prefix') && !condition.includes('s3:max-keys')) return statement;
  const { Action: _action, NotAction: _notAction, ...rest } = { Action: undefined, NotAction: undefined, ...statement };
  return { ...rest, NotAction: 's3:DeleteObject' } as unknown as S;
}

test('the order of statements and of policies decides nothing', () => {
  fc.assert(
    fc.property(policy, policy, request, (one, other, asked) => {
      const documents = [one, other].map(parsed).filter((document) => document !== undefined);
      const effectOf = (all: readonly PolicyDocument[]) =>
        evaluate(
          all.map((document) => compilePolicy(document, '')),
          asked,
        ).effect;
      const reversed = documents
        .toReversed()
        .map((document) => ({ ...document, statements: document.statements.toReversed() }));
      assert.equal(effectOf(reversed), effectOf(documents));
    }),
    { numRuns: 300 },
  );
});

test('a Deny added to a policy never allows more, an Allow never denies more', () => {
  fc.assert(
    fc.property(policy, policy, request, (one, other, asked) => {
      const [document, added] = [parsed(one), parsed(other)];
      if (document === undefined || added === undefined) return;
      const before = evaluate([compilePolicy(document, '')], asked).effect;
      for (const effect of ['Deny', 'Allow'] as const) {
        const more = added.statements.filter((statement) => statement.effect === effect);
        const joined = { ...document, statements: [...document.statements, ...more] };
        const after = evaluate([compilePolicy(joined, '')], asked).effect;
        if (effect === 'Deny' && after === 'allow') assert.equal(before, 'allow');
        if (effect === 'Allow' && after === 'explicit-deny') assert.equal(before, 'explicit-deny');
      }
    }),
    { numRuns: 300 },
  );
});
