import type { TestServer } from '../s3-server.ts';
import { encodeForm, type FormFields, type FormFile, formContentType, signFormV4 } from '../signing/sign-form.ts';
import type { Credentials } from '../signing/sign-v4.ts';
import { type RawResponse, sendSigned } from './send-raw.ts';

export interface Form {
  readonly bucket: string;
  readonly fields: FormFields;
  readonly files?: readonly FormFile[];
}

/** What a browser would send for a form, all in one. */
export function sendForm(server: TestServer, { bucket, fields, files }: Form): Promise<RawResponse> {
  return sendFormBytes(server, bucket, encodeForm(fields, files ?? [{ name: 'cat.txt', content: 'meow' }]));
}

export function sendFormBytes(server: TestServer, bucket: string, body: Buffer): Promise<RawResponse> {
  return sendSigned(server, {
    method: 'POST',
    host: server.host,
    target: `/${bucket}`,
    headers: { host: server.host, 'content-type': formContentType, 'content-length': String(body.length) },
    body,
  });
}

export interface SignedForm extends Form {
  readonly conditions?: readonly unknown[];
  readonly document?: unknown;
  readonly credentials?: Credentials;
}

/** Signed by the root account unless told otherwise, for now. */
export function signedForm(server: TestServer, { fields, ...form }: SignedForm): Form {
  const signed = signFormV4({ credentials: server.root, date: new Date(), ...form, fields });
  return { ...form, fields: signed };
}

export function sendSignedForm(server: TestServer, form: SignedForm): Promise<RawResponse> {
  return sendForm(server, signedForm(server, form));
}
