import { StorageError } from '../domain/errors.ts';
import type { AnswerFormat, RecordFormat } from '../engines/query/query-engine.ts';
import { boolean, element, type Infer, integer, optional, text } from '../wire/xml/schema.ts';

const csvInput = element({
  FileHeaderInfo: optional(text()),
  Comments: optional(text()),
  QuoteEscapeCharacter: optional(text()),
  RecordDelimiter: optional(text()),
  FieldDelimiter: optional(text()),
  QuoteCharacter: optional(text()),
  AllowQuotedRecordDelimiter: optional(boolean()),
});

const csvOutput = element({
  QuoteFields: optional(text()),
  QuoteEscapeCharacter: optional(text()),
  RecordDelimiter: optional(text()),
  FieldDelimiter: optional(text()),
  QuoteCharacter: optional(text()),
});

/** The document of SelectObjectContent. */
export const selectObjectContentRequest = {
  root: 'SelectObjectContentRequest',
  schema: element({
    Expression: text(),
    ExpressionType: text(),
    RequestProgress: optional(element({ Enabled: optional(boolean()) })),
    InputSerialization: element({
      CompressionType: optional(text()),
      CSV: optional(csvInput),
      JSON: optional(element({ Type: optional(text()) })),
      Parquet: optional(element({})),
    }),
    OutputSerialization: element({
      CSV: optional(csvOutput),
      JSON: optional(element({ RecordDelimiter: optional(text()) })),
    }),
    ScanRange: optional(element({ Start: optional(integer({ min: 0 })), End: optional(integer({ min: 0 })) })),
  }),
};

export type SelectDocument = Infer<typeof selectObjectContentRequest.schema>;

export interface SelectForm {
  readonly input: RecordFormat;
  readonly output: AnswerFormat;
  readonly compression: 'none' | 'gzip';
  readonly scanRange: { readonly start: number | undefined; readonly end: number | undefined } | undefined;
  readonly wantsProgress: boolean;
}

/** Throws a StorageError with S3 Select's code for what it does not take. */
export function readSelectDocument(document: SelectDocument): SelectForm {
  if (document.ExpressionType !== 'SQL') throw new StorageError('SelectInvalidExpressionType');
  const input = readInput(document.InputSerialization);
  const compression = readCompression(document.InputSerialization.CompressionType);
  if (compression !== 'none' && input.kind === 'parquet') {
    throw new StorageError('SelectInvalidCompressionFormat', {
      message: 'Parquet objects are compressed inside: CompressionType must be NONE.',
    });
  }
  return {
    input,
    compression,
    output: readOutput(document.OutputSerialization),
    scanRange: readScanRange(document, input, compression),
    wantsProgress: document.RequestProgress?.Enabled ?? false,
  };
}

function readInput({ CSV, JSON: json, Parquet }: SelectDocument['InputSerialization']): RecordFormat {
  if ([CSV, json, Parquet].filter((given) => given !== undefined).length !== 1) {
    throw new StorageError('SelectInvalidDataSource', {
      message: 'Exactly one of CSV, JSON and Parquet is to be given.',
    });
  }
  if (Parquet) return { kind: 'parquet' };
  if (json) {
    if (json.Type !== 'LINES' && json.Type !== 'DOCUMENT') throw invalid('JSON Type', json.Type);
    return { kind: 'json' };
  }
  const header = { NONE: 'none', USE: 'use', IGNORE: 'ignore' }[CSV?.FileHeaderInfo || 'NONE'];
  if (header === undefined) throw invalid('FileHeaderInfo', CSV?.FileHeaderInfo);
  const quote = characters('QuoteCharacter', CSV?.QuoteCharacter, { fallback: '"', most: 1, mayBeEmpty: true });
  return {
    kind: 'csv',
    header: header as 'none' | 'use' | 'ignore',
    comment: characters('Comments', CSV?.Comments, { fallback: '#', most: 1, mayBeEmpty: true }),
    quote,
    quoteEscape: characters('QuoteEscapeCharacter', CSV?.QuoteEscapeCharacter, { fallback: quote || '"', most: 1 }),
    recordDelimiter: characters('RecordDelimiter', CSV?.RecordDelimiter, { fallback: '\n', most: 2 }),
    fieldDelimiter: characters('FieldDelimiter', CSV?.FieldDelimiter, { fallback: ',', most: 1 }),
    allowQuotedRecordDelimiter: CSV?.AllowQuotedRecordDelimiter ?? false,
  };
}

function readOutput({ CSV, JSON: json }: SelectDocument['OutputSerialization']): AnswerFormat {
  if ((CSV === undefined) === (json === undefined)) {
    throw new StorageError('SelectInvalidRequestParameter', {
      message: 'Exactly one of CSV and JSON is to be answered.',
    });
  }
  if (json) {
    return {
      kind: 'json',
      recordDelimiter: characters('RecordDelimiter', json.RecordDelimiter, { fallback: '\n', most: 2 }),
    };
  }
  const quoteFields = CSV?.QuoteFields || 'ASNEEDED';
  if (quoteFields !== 'ASNEEDED' && quoteFields !== 'ALWAYS') throw invalid('QuoteFields', quoteFields);
  const quote = characters('QuoteCharacter', CSV?.QuoteCharacter, { fallback: '"', most: 1 });
  return {
    kind: 'csv',
    quote,
    quoteEscape: characters('QuoteEscapeCharacter', CSV?.QuoteEscapeCharacter, { fallback: quote, most: 1 }),
    recordDelimiter: characters('RecordDelimiter', CSV?.RecordDelimiter, { fallback: '\n', most: 2 }),
    fieldDelimiter: characters('FieldDelimiter', CSV?.FieldDelimiter, { fallback: ',', most: 1 }),
    quoteAll: quoteFields === 'ALWAYS',
  };
}

function readCompression(type: string | undefined): 'none' | 'gzip' {
  if (type === undefined || type === '' || type === 'NONE') return 'none';
  if (type === 'GZIP') return 'gzip';
  if (type !== 'BZIP2') throw new StorageError('SelectInvalidCompressionFormat');
  throw new StorageError('NotImplemented', { message: 'Cairn does not read BZIP2: only NONE and GZIP.' });
}

function readScanRange(
  { ScanRange, InputSerialization }: SelectDocument,
  input: RecordFormat,
  compression: SelectForm['compression'],
): SelectForm['scanRange'] {
  if (!ScanRange) return undefined;
  const { Start: start, End: end } = ScanRange;
  if (start === undefined && end === undefined) throw new StorageError('SelectInvalidScanRange');
  if (start !== undefined && end !== undefined && start > end) throw new StorageError('SelectInvalidScanRange');
  const isUnfit =
    compression !== 'none' ||
    input.kind === 'parquet' ||
    InputSerialization.JSON?.Type === 'DOCUMENT' ||
    (input.kind === 'csv' && input.allowQuotedRecordDelimiter);
  if (isUnfit) throw new StorageError('SelectUnsupportedScanRange');
  return { start, end };
}

interface CharacterRule {
  readonly fallback: string;
  readonly most: number;
  readonly mayBeEmpty?: boolean;
}

function characters(name: string, given: string | undefined, { fallback, most, mayBeEmpty }: CharacterRule): string {
  if (given === undefined || (given === '' && !mayBeEmpty)) return fallback;
  if (given.length > most || given.includes('\0') || !given.isWellFormed()) throw invalid(name, given);
  return given;
}

function invalid(name: string, value: string | undefined): StorageError {
  return new StorageError('SelectInvalidRequestParameter', {
    message: `The value ${JSON.stringify(value ?? '')} of ${name} is not valid.`,
  });
}
