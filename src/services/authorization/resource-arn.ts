import type { Resource } from '../../domain/grant.ts';

/** What policies are asked about: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
export function arnOfResource(resource: Resource): string {
  if ('arn' in resource) return resource.arn;
  // What is done to no single bucket: policies that came from AWS spell it so as often as `*`.
  if (resource.kind === 'service') return 'arn:aws:s3:::*';
  if (!('bucket' in resource)) return '*';
  const bucket = `arn:aws:s3:::${resource.bucket}`;
  return resource.kind === 'object' ? `${bucket}/${resource.key}` : bucket;
}
