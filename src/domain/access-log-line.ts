/** One request as a bucket's access log tells of it. What is undefined was unknown, or does not apply. */
export interface AccessLogEntry {
  /** Canonical id. */
  readonly bucketOwner: string;
  readonly bucket: string;
  /** When the request came, in milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly remoteAddress: string;
  /** Canonical id; undefined for anonymous ones. */
  readonly requester: string | undefined;
  readonly requestId: string;
  /** `REST.GET.OBJECT` */
  readonly operation: string;
  readonly key: string | undefined;
  /** Method, target and version, as in the request's first line. */
  readonly requestLine: string;
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly bytesSent: number;
  readonly objectSize: number | undefined;
  readonly totalMilliseconds: number;
  readonly turnAroundMilliseconds: number | undefined;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  readonly versionId: string | undefined;
  readonly hostId: string;
  readonly signatureVersion: 'SigV2' | 'SigV4' | undefined;
  readonly cipherSuite: string | undefined;
  readonly authenticationType: 'AuthHeader' | 'QueryString' | undefined;
  readonly host: string | undefined;
  /** `1.2` or `1.3` */
  readonly tlsVersion: string | undefined;
  /** An ACL, and no policy and no ownership, gave the right. */
  readonly aclRequired: boolean;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A line in S3's format, with its line feed. Nothing that a client sends can end a field early or begin another line:
 * keys are URL-encoded, and in quoted fields quotes, controls and what is not ASCII become `%XX`, too.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function accessLogLine(entry: AccessLogEntry): string {
  const fields = [
    word(entry.bucketOwner),
    word(entry.bucket),
    `[${logTime(entry.receivedAt)}]`,
    word(entry.remoteAddress),
    word(entry.requester),
    word(entry.requestId),
    word(entry.operation),
    entry.key === undefined ? '-' : encodedKey(entry.key),
    quoted(entry.requestLine),
    String(entry.status),
    word(entry.errorCode),
    entry.bytesSent === 0 ? '-' : String(entry.bytesSent),
    number(entry.objectSize),
    number(entry.totalMilliseconds),
    number(entry.turnAroundMilliseconds),
    quoted(entry.referer),
    quoted(entry.userAgent),
    word(entry.versionId),
    word(entry.hostId),
    word(entry.signatureVersion),
    word(entry.cipherSuite),
    word(entry.authenticationType),
    word(entry.host),
    entry.tlsVersion === undefined ? '-' : `TLSv${word(entry.tlsVersion)}`,
    '-',
    entry.aclRequired ? 'Yes' : '-',
  ];
  return `${fields.join(' ')}\n`;
}

/** `06/Feb/2019:00:00:38 +0000` */
function logTime(milliseconds: number): string {
  const [year, month, day] = new Date(milliseconds).toISOString().slice(0, 10).split('-') as [string, string, string];
  const time = new Date(milliseconds).toISOString().slice(11, 19);
  return `${day}/${months[Number(month) - 1]}/${year}:${time} +0000`;
}

/** A field without quotes around it: no spaces in it either. */
function word(text: string | undefined): string {
  return text === undefined || text === '' ? '-' : text.replace(/[^\x21-\x7e]|["\\]/gu, percentEncoded);
}

function quoted(text: string | undefined): string {
  return `"${text === undefined || text === '' ? '-' : text.replace(/[^\x20-\x7e]|["\\]/gu, percentEncoded)}"`;
}

function encodedKey(key: string): string {
  return encodeURIComponent(key.toWellFormed()).replaceAll('%2F', '/').replaceAll("'", '%27') || '-';
}

function number(value: number | undefined): string {
  return value === undefined ? '-' : String(value);
}

/** Headers come as text of bytes: what is up to U+00FF is one byte. */
function percentEncoded(character: string): string {
  return Array.from(
    Buffer.from(character.toWellFormed(), character.codePointAt(0)! <= 0xff ? 'latin1' : 'utf8'),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
