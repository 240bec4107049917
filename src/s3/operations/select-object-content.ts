import { StorageError } from '../../domain/errors.ts';
import { parseSelect } from '../../domain/select/parse-select.ts';
import type { Sink } from '../../foundation/bytes.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import type { SelectAnswer } from '../../services/select/select-service.ts';
import type { Reply } from '../../wire/reply.ts';
import { bearerOf } from '../encryption.ts';
import { errorCatalogue } from '../error-catalogue.ts';
import { type SelectCounts, selectMessages } from '../event-stream.ts';
import { bucketName, objectKey } from '../fields/address-fields.ts';
import { readerKeyHeaders } from '../fields/encryption-fields.ts';
import { readGrant } from '../object-reply.ts';
import { defineOperation } from '../operation.ts';
import { readSelectDocument, type SelectForm, selectObjectContentRequest } from '../select-document.ts';

/** Of one Records message. */
const messageBytes = 128 * 1024;
/** A client that waits hears this often that there is something to wait for, or how far it is. */
const restMilliseconds = 5000;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html */
export const selectObjectContent = defineOperation({
  name: 'SelectObjectContent',
  route: { method: 'POST', target: 'object', query: { select: true, 'select-type': '2' } },
  input: { bucket: bucketName, key: objectKey, customer: readerKeyHeaders },
  body: { kind: 'xml', ...selectObjectContentRequest },
  requires: ({ bucket, key }) => [readGrant({ bucket, key, versionId: undefined })],
  missing: 'BZIP2',
  async handle({ input, access, principal, origin, document }, services): Promise<Reply> {
    const { objects, select, clock } = services;
    const form = readSelectDocument(document);
    const query = parseSelect(document.Expression);
    if (query.from.length > 0 && form.input.kind !== 'json') {
      throw new StorageError('SelectUnsupportedSyntax', { message: 'Only JSON has a path behind S3Object.' });
    }
    const address = { bucket: access.bucket(input.bucket), key: input.key, versionId: undefined };
    const weigh = (found: ObjectVersion) => access.confirm(readGrant({ ...input, versionId: undefined }), found);
    const bearer = bearerOf(principal, { customer: input.customer, weigh }, services);
    const { version, content } = await objects.open(address, bearer);
    let answer: SelectAnswer | undefined;
    try {
      await weigh(version);
      const { compression, input: records, output } = form;
      answer = await select.start({
        content,
        size: version.size,
        compression,
        scanRange: scanRangeOf(form, version.size),
        asker: origin.accountId ?? `from ${origin.sourceAddress}`,
        query: { query, input: records, output, now: clock.now(), isSecret: version.encryption !== undefined },
      });
      const running = answer;
      return {
        status: 200,
        headers: { 'Content-Type': 'application/vnd.amazon.eventstream' },
        body: {
          length: undefined,
          pour: (sink) => tell(running, form, { sink, clock }),
          async close() {
            await running.stop();
            await content.close();
          },
        },
      };
    } catch (error) {
      await answer?.stop();
      await content.close();
      throw error;
    }
  },
});

/** Without a start, the end says how many of the last bytes are meant. */
function scanRangeOf({ scanRange }: SelectForm, size: number) {
  if (!scanRange) return undefined;
  const { start, end } = scanRange;
  if (start === undefined) return { start: Math.max(0, size - (end ?? 0)), end: size };
  if (start > 0 && start >= size) throw new StorageError('SelectInvalidScanRange');
  return { start, end: end ?? size };
}

interface Telling {
  readonly sink: Sink;
  readonly clock: Pick<Clock, 'sleep'>;
}

/**
 * Records as they come, signs of life while none come, and what it took at the end. A failure before the first message
 * is an answer of its own; one that comes later is a message.
 */
async function tell(answer: SelectAnswer, form: SelectForm, { sink, clock }: Telling): Promise<void> {
  let returned = 0;
  let isBegun = false;
  const say = async (message: Buffer) => {
    isBegun = true;
    await sink(message);
  };
  const counts = (): SelectCounts => ({ scanned: answer.bytesScanned, processed: answer.bytesProcessed, returned });
  const over = new AbortController();
  const living = (async () => {
    for (;;) {
      await clock.sleep(restMilliseconds, over.signal);
      if (over.signal.aborted) return;
      await say(form.wantsProgress ? selectMessages.progress(counts()) : selectMessages.continuation());
    }
  })();
  let gone: unknown;
  // Nobody listens any more: that ends the query, wherever it is.
  living.catch((error: unknown) => {
    gone = error;
    return answer.stop();
  });
  try {
    await answer.pour(async (records) => {
      for (let at = 0; at < records.length; at += messageBytes) {
        const part = records.subarray(at, at + messageBytes);
        returned += part.length;
        await say(selectMessages.records(part));
      }
    });
  } catch (error) {
    if (gone !== undefined) throw gone;
    if (!isBegun || !(error instanceof StorageError)) throw error;
    await sink(selectMessages.error(errorCatalogue[error.kind].code, error.message));
    return;
  } finally {
    over.abort();
  }
  if (form.wantsProgress) await sink(selectMessages.progress(counts()));
  await sink(selectMessages.stats(counts()));
  await sink(selectMessages.end());
}
