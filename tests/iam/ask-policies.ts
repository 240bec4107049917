import assert from 'node:assert/strict';
import { elementOf, type Query, sendQuery } from '../identity/send-query.ts';
import type { RawResponse } from '../operations/send-raw.ts';
import type { TestServer } from '../s3-server.ts';

/** Those that are undefined are not sent. */
type Parameters = Readonly<Record<string, string | undefined>>;
type Sender = Pick<Query, 'credentials' | 'token'>;

/** Sends actions of IAM to one server. */
export class IamAsker {
  readonly #server: TestServer;
  readonly #sender: Sender;

  constructor(server: TestServer, sender: Sender = {}) {
    this.#server = server;
    this.#sender = sender;
  }

  as(sender: Sender): IamAsker {
    return new IamAsker(this.#server, sender);
  }

  send(Action: string, parameters: Parameters = {}): Promise<RawResponse> {
    const sent = Object.entries(parameters).filter((one): one is [string, string] => one[1] !== undefined);
    return sendQuery(this.#server, { ...this.#sender, parameters: { Action, ...Object.fromEntries(sent) } });
  }

  /** A request that is there to succeed. */
  async done(action: string, parameters: Parameters = {}): Promise<RawResponse> {
    const response = await this.send(action, parameters);
    assert.equal(response.status, 200, `${action} ${response.text}`);
    return response;
  }

  /** The status and the code of a request that is there to fail. */
  async failure(action: string, parameters: Parameters = {}): Promise<readonly [number, string | undefined]> {
    const response = await this.send(action, parameters);
    return [response.status, elementOf(response, 'Code')];
  }
}

/** The texts of all elements of that name. */
export function elementsOf(response: RawResponse, name: string): readonly string[] {
  return [...response.text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) => text!);
}

export const documentOf = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

export const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*') => ({
  Effect: 'Allow',
  Action,
  Resource,
});
export const deny = (Action: string | readonly string[], Resource: string | readonly string[] = '*') => ({
  Effect: 'Deny',
  Action,
  Resource,
});

/** Whom the account trusts with a role. */
export const trustOf = (accountId: string): string =>
  documentOf({ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'sts:AssumeRole' });

/** All pages of a list: the texts of one element, and how many pages there were. */
export async function pagesOf(
  asker: IamAsker,
  action: string,
  { element, ...parameters }: Parameters & { readonly element: string },
): Promise<{ readonly found: readonly string[]; readonly pages: number }> {
  const found: string[] = [];
  let pages = 0;
  for (let marker: string | undefined; ; ) {
    const page = await asker.done(action, { ...parameters, ...(marker === undefined ? {} : { Marker: marker }) });
    pages++;
    found.push(...elementsOf(page, element));
    marker = elementOf(page, 'Marker');
    assert.equal(elementOf(page, 'IsTruncated'), String(marker !== undefined));
    if (marker === undefined) return { found, pages };
    assert.ok(pages < 1000, 'the list has an end');
  }
}
