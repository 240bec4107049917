import assert from 'node:assert/strict';
import type { RawResponse } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';
import { elementOf, type Query, sendQuery } from './send-query.ts';

type More = Omit<Query, 'parameters'>;

/** Requests by action and parameters, for tests that make many of them. */
export interface Calls {
  /** Whatever comes of it. */
  (action: string, parameters?: Readonly<Record<string, string>>, more?: More): Promise<RawResponse>;
  /** It succeeds. */
  ok(action: string, parameters?: Readonly<Record<string, string>>, more?: More): Promise<RawResponse>;
  /** It fails so: `404 NoSuchEntity`. */
  fails(
    expected: string,
    action: string,
    parameters?: Readonly<Record<string, string>>,
    more?: More,
  ): Promise<RawResponse>;
}

export function callsOf(server: TestServer, usual: More = {}): Calls {
  const call = (action: string, parameters: Readonly<Record<string, string>> = {}, more: More = {}) =>
    sendQuery(server, { ...usual, ...more, parameters: { Action: action, ...parameters } });
  return Object.assign(call, {
    async ok(action: string, parameters = {}, more = {}) {
      const response = await call(action, parameters, more);
      assert.equal(response.status, 200, `${action}: ${response.text}`);
      return response;
    },
    async fails(expected: string, action: string, parameters = {}, more = {}) {
      const response = await call(action, parameters, more);
      assert.equal(`${response.status} ${elementOf(response, 'Code')}`, expected, `${action}: ${response.text}`);
      return response;
    },
  });
}

/** The texts of all elements of that name. */
export function elementsOf(response: RawResponse, name: string): readonly string[] {
  return [...response.text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) => text!);
}
