import type { RawRequest, RawResponse } from './send-raw.ts';
import type { SharedServer } from './shared-server.ts';

/** A request of S3 Control about an account's switches, whoever signs it. */
export function sendAccountBlock(
  shared: SharedServer,
  method: 'GET' | 'PUT' | 'DELETE',
  { account, ...more }: { readonly account: string } & Partial<RawRequest>,
): Promise<RawResponse> {
  return shared.raw({
    method,
    path: '/v20180820/configuration/publicAccessBlock',
    ...more,
    headers: { 'x-amz-account-id': account, ...more.headers },
  });
}

/** The document that an SDK sends, with some switches on. */
export function accountBlock(...on: readonly string[]): Buffer {
  const switches = on.map((name) => `<${name}>true</${name}>`).join('');
  const namespace = 'http://awss3control.amazonaws.com/doc/2018-08-20/';
  return Buffer.from(
    `<PublicAccessBlockConfiguration xmlns="${namespace}">${switches}</PublicAccessBlockConfiguration>`,
  );
}
