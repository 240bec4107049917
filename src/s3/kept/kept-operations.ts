import { invalidArgument } from '../../domain/errors.ts';
import {
  checkKeptId,
  type KeptConfiguration,
  keptPage,
  requireConfiguration,
  withConfiguration,
} from '../../domain/kept-configuration.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { BucketSetting } from '../../records/bucket-setting.ts';
import type { BucketSettings } from '../../services/buckets/bucket-settings.ts';
import { boolean, element, list, optional, type Schema, text } from '../../wire/xml/schema.ts';
import { type Field, queryText } from '../fields/field.ts';

/** Which of a bucket's configurations of one kind a request is about. */
export const configurationId = queryText('id', '');

/** The id that the page before ended with, in base64url. An empty token counts as missing. */
export const configurationToken: Field<string | undefined> = {
  name: 'continuation-token',
  read({ query }) {
    const token = query.get('continuation-token');
    if (token === undefined || token === '') return undefined;
    const id = Buffer.from(token, 'base64url').toString();
    if (/^[\w.-]{1,64}$/.test(id)) return id;
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  },
};

type Setting<T> = BucketSetting<readonly T[]>;

/** Puts one configuration beside the others of its kind. Throws InvalidArgument, TooManyConfigurations. */
export async function keepConfiguration<T extends KeptConfiguration>(
  { bucketSettings }: { readonly bucketSettings: BucketSettings },
  { bucket, setting, id }: { readonly bucket: BucketRecord; readonly setting: Setting<T>; readonly id: string },
  added: T,
): Promise<void> {
  checkKeptId(id, added.id);
  await bucketSettings.amend(bucket, setting, (kept) => withConfiguration(kept ?? [], added));
}

/** Throws NoSuchConfiguration. */
export async function dropConfiguration<T extends KeptConfiguration>(
  { bucketSettings }: { readonly bucketSettings: BucketSettings },
  { bucket, setting, id }: { readonly bucket: BucketRecord; readonly setting: Setting<T>; readonly id: string },
): Promise<void> {
  await bucketSettings.amend(bucket, setting, (kept) => {
    const dropped = requireConfiguration(kept ?? [], id);
    const left = (kept ?? []).filter((one) => one !== dropped);
    return left.length === 0 ? undefined : left;
  });
}

/** Throws NoSuchConfiguration. */
export async function findConfiguration<T extends KeptConfiguration>(
  { bucketSettings }: { readonly bucketSettings: BucketSettings },
  { bucket, setting, id }: { readonly bucket: BucketRecord; readonly setting: Setting<T>; readonly id: string },
): Promise<T> {
  return requireConfiguration((await bucketSettings.read(bucket, setting)) ?? [], id);
}

/** The document of a page of configurations, each under the name that it has alone. */
export function configurationList<T>(
  root: string,
  { root: name, schema }: { readonly root: string; readonly schema: Schema<T> },
): { readonly root: string; readonly schema: Schema<ConfigurationPage<T>> } {
  const page = element({
    IsTruncated: boolean(),
    ContinuationToken: optional(text()),
    NextContinuationToken: optional(text()),
    [name]: list(schema),
  });
  // The name is a parameter: the type of the element cannot say it.
  return { root, schema: page as unknown as Schema<ConfigurationPage<T>> };
}

/** The configurations themselves under their own name. */
type ConfigurationPage<T> = Readonly<Record<string, string | boolean | undefined | readonly T[]>>;

/** A page of a bucket's configurations, as their list says it. */
export async function listConfigurations<T extends KeptConfiguration, Shown>(
  { bucketSettings }: { readonly bucketSettings: BucketSettings },
  place: { readonly bucket: BucketRecord; readonly setting: Setting<T>; readonly after: string | undefined },
  { root, show }: { readonly root: string; show(kept: T): Shown },
): Promise<ConfigurationPage<Shown>> {
  const { page, next } = keptPage((await bucketSettings.read(place.bucket, place.setting)) ?? [], place.after);
  const asToken = (id: string | undefined) => (id === undefined ? undefined : Buffer.from(id).toString('base64url'));
  return {
    IsTruncated: next !== undefined,
    ContinuationToken: asToken(place.after),
    NextContinuationToken: asToken(next),
    [root]: page.map(show),
  };
}
