import { crc32 } from 'node:zlib';

/** A message of AWS's event streams: named texts, and bytes. */
export interface StreamMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

/** The type of a header that is text. */
const textType = 7;
const preludeBytes = 8;
const checksumBytes = 4;

/**
 * A message as it goes over the wire: the lengths of all and of the headers, their CRC32, headers, payload, and the CRC32
 * of all of it. https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
 */
export function encodeMessage({ headers, payload }: StreamMessage): Buffer {
  const head = Buffer.concat(Object.entries(headers).flatMap(([name, value]) => encodeHeader(name, value)));
  const message = Buffer.allocUnsafe(preludeBytes + checksumBytes + head.length + payload.length + checksumBytes);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, preludeBytes)), preludeBytes);
  head.copy(message, preludeBytes + checksumBytes);
  payload.copy(message, preludeBytes + checksumBytes + head.length);
  const end = message.length - checksumBytes;
  message.writeUInt32BE(crc32(message.subarray(0, end)), end);
  return message;
}

/** Header values have 65,535 bytes at most: what is longer is cut, between characters. */
const longestValue = 0xffff;

function encodeHeader(name: string, value: string): readonly Buffer[] {
  const nameBytes = Buffer.from(name);
  const text = Buffer.from(value);
  const valueBytes = text.length <= longestValue ? text : cutText(text);
  const length = Buffer.allocUnsafe(3);
  length[0] = textType;
  length.writeUInt16BE(valueBytes.length, 1);
  return [Buffer.from([nameBytes.length]), nameBytes, length, valueBytes];
}

function cutText(text: Buffer): Buffer {
  let end = longestValue;
  while (end > 0 && (text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}

const noPayload = Buffer.alloc(0);

function event(type: string, contentType: string | undefined, payload: Buffer): Buffer {
  const headers = {
    ':message-type': 'event',
    ':event-type': type,
    ...(contentType === undefined ? {} : { ':content-type': contentType }),
  };
  return encodeMessage({ headers, payload });
}

export interface SelectCounts {
  /** Bytes of the object that were read, as they are stored. */
  readonly scanned: number;
  /** The same, decompressed. */
  readonly processed: number;
  readonly returned: number;
}

/** The messages that SelectObjectContent answers. */
export const selectMessages = {
  records: (bytes: Buffer) => event('Records', 'application/octet-stream', bytes),
  /** Nothing new, but still there. */
  continuation: () => event('Cont', undefined, noPayload),
  progress: (counts: SelectCounts) => event('Progress', 'text/xml', countsDocument('Progress', counts)),
  stats: (counts: SelectCounts) => event('Stats', 'text/xml', countsDocument('Stats', counts)),
  end: () => event('End', undefined, noPayload),
  /** For failures after the first message: the status of the answer was sent long ago. */
  error: (code: string, message: string) =>
    encodeMessage({
      headers: { ':message-type': 'error', ':error-code': code, ':error-message': message },
      payload: noPayload,
    }),
} as const;

function countsDocument(root: string, { scanned, processed, returned }: SelectCounts): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><${root}><BytesScanned>${scanned}</BytesScanned><BytesProcessed>${processed}</BytesProcessed><BytesReturned>${returned}</BytesReturned></${root}>`,
  );
}
