/**
 * The `Content-Encoding` to store: `aws-chunked` only describes the transfer. Undefined where nothing else remains.
 */
export function contentEncodingWithoutAwsChunked(value: string | undefined): string | undefined {
  if (value === undefined || !/aws-chunked/i.test(value)) return value;
  const others = value
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked');
  return others.length > 0 ? others.join(',') : undefined;
}
