import { createHmac } from 'node:crypto';
import { basicTime, type Credentials } from './sign-v4.ts';

/** Fields of a browser form in their order. */
export type FormFields = readonly (readonly [name: string, value: string])[];

export interface FormToSign {
  readonly bucket: string;
  readonly credentials: Credentials;
  readonly date: Date;
  readonly fields: FormFields;
  /** The policy's conditions beside those on the bucket, on `fields` and on the signature's own fields. */
  readonly conditions?: readonly unknown[];
  /** All of the policy document, in place of one made from the above. */
  readonly document?: unknown;
  readonly region?: string;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The fields with a policy that fits them, signed with version 4 as AWS describes it. */
export function signFormV4({ bucket, credentials, date, fields, ...more }: FormToSign): FormFields {
  const day = basicTime(date).slice(0, 8);
  const scope = [day, more.region ?? 'us-east-1', 's3', 'aws4_request'];
  const all: FormFields = [
    ...fields,
    ['x-amz-algorithm', 'AWS4-HMAC-SHA256'],
    ['x-amz-credential', [credentials.accessKeyId, ...scope].join('/')],
    ['x-amz-date', basicTime(date)],
  ];
  const policy = policyFor({ bucket, credentials, date, ...more, fields: all });
  let key: Buffer = Buffer.from(`AWS4${credentials.secretAccessKey}`);
  for (const part of scope) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key).update(policy).digest('hex');
  return [...all, ['policy', policy], ['x-amz-signature', signature]];
}

/** The same with version 2. */
export function signFormV2(form: FormToSign): FormFields {
  const { accessKeyId, secretAccessKey } = form.credentials;
  const policy = policyFor(form);
  const signature = createHmac('sha1', secretAccessKey).update(policy).digest('base64');
  return [...form.fields, ['AWSAccessKeyId', accessKeyId], ['policy', policy], ['signature', signature]];
}

function policyFor({ bucket, date, fields, conditions = [], document }: FormToSign): string {
  if (typeof document === 'string') return base64(document);
  const exact = fields.map(([name, value]) => ({ [name]: value }));
  const made = {
    expiration: new Date(date.getTime() + 600_000).toISOString(),
    conditions: [{ bucket }, ...exact, ...conditions],
  };
  return base64(JSON.stringify(document ?? made));
}

export interface FormFile {
  /** Undefined: the part has no file name. */
  readonly name?: string;
  readonly content: Buffer | string;
  readonly headers?: string;
}

export const boundary = '----a-boundary-of-tests';
export const formContentType = `multipart/form-data; boundary=${boundary}`;

/** The body of a form: its fields, then its files, all of which are called `file`. */
export function encodeForm(fields: FormFields, files: readonly FormFile[] = []): Buffer {
  const pieces: (Buffer | string)[] = [];
  for (const [name, value] of fields) {
    pieces.push(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`, value, '\r\n');
  }
  for (const { name, content, headers = '' } of files) {
    const fileName = name === undefined ? '' : `; filename="${name}"`;
    pieces.push(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"${fileName}\r\n${headers}\r\n`,
      content,
      '\r\n',
    );
  }
  pieces.push(`--${boundary}--\r\n`);
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}
