import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { faultOfPassword, type PasswordRules } from './password-policy.ts';

const lax: PasswordRules = {
  minimumLength: 6,
  requireSymbols: false,
  requireNumbers: false,
  requireUppercase: false,
  requireLowercase: false,
};

test('without rules of the account it takes eight characters of three kinds', () => {
  const fault = (password: string) => faultOfPassword(password, { rules: undefined, userName: 'Alice-1x' });
  for (const good of ['abcdefG1', 'abcdef1!', 'ABCDEF1!', 'abcdeF!!']) assert.equal(fault(good), undefined, good);
  for (const bad of ['abcdeG1', 'abcdefgh', 'abcdefG ', 'aLICE-1X', '']) assert.notEqual(fault(bad), undefined, bad);
});

test('each rule asks for what it names', () => {
  const cases = [
    [{ minimumLength: 7 }, 'abcdef', 'abcdefg'],
    [{ requireSymbols: true }, 'abcdef', 'abcde|'],
    [{ requireNumbers: true }, 'abcdef', 'abcde0'],
    [{ requireUppercase: true }, 'abcdef', 'abcdeF'],
    [{ requireLowercase: true }, 'ABCDEF', 'ABCDEf'],
  ] as const;
  for (const [rule, bad, good] of cases) {
    const asked = { rules: { ...lax, ...rule }, userName: 'x' };
    assert.notEqual(faultOfPassword(bad, asked), undefined, bad);
    assert.equal(faultOfPassword(good, asked), undefined, good);
  }
});

test('stricter rules take no password that laxer ones refuse', () => {
  const rules = fc.record({
    minimumLength: fc.integer({ min: 6, max: 12 }),
    requireSymbols: fc.boolean(),
    requireNumbers: fc.boolean(),
    requireUppercase: fc.boolean(),
    requireLowercase: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.string({ maxLength: 14 }), rules, (password, strict) => {
      const refused = faultOfPassword(password, { rules: lax, userName: 'x' }) !== undefined;
      if (refused) assert.notEqual(faultOfPassword(password, { rules: strict, userName: 'x' }), undefined);
    }),
  );
});
