import { StorageError } from '../../domain/errors.ts';
import type { KeptFilter } from '../../domain/kept-configuration.ts';
import { checkTags, tagLimits } from '../../domain/tagging.ts';
import { element, type Infer, list, optional, text } from '../../wire/xml/schema.ts';

const tag = element({
  Key: text({ maxLength: tagLimits.keyLength }),
  Value: text({ maxLength: tagLimits.valueLength }),
});
const tags = list(tag);
const prefix = optional(text({ maxLength: 1024 }));

/** Of analytics and intelligent tiering. */
export const filterElement = element({
  Prefix: prefix,
  Tag: optional(tag),
  And: optional(element({ Prefix: prefix, Tag: tags })),
});

/** Of metrics, which may be of an access point. */
export const metricsFilterElement = element({
  Prefix: prefix,
  Tag: optional(tag),
  AccessPointArn: optional(text()),
  And: optional(element({ Prefix: prefix, Tag: tags, AccessPointArn: optional(text()) })),
});

type FilterElement = Infer<typeof metricsFilterElement>;

/** Throws MalformedXml for a filter that says nothing, or two things without And. */
export function readFilter(given: FilterElement | undefined): KeptFilter | undefined {
  if (given === undefined) return undefined;
  const { Prefix, Tag, AccessPointArn, And } = given;
  if ([Prefix, Tag, AccessPointArn, And].filter((one) => one !== undefined).length !== 1) {
    throw new StorageError('MalformedXml');
  }
  if (And) {
    const predicates = And.Tag.length + [And.Prefix, And.AccessPointArn].filter((one) => one !== undefined).length;
    if (predicates < 2) throw new StorageError('MalformedXml');
    return checked({ form: 'and', prefix: And.Prefix, tags: pairs(And.Tag), accessPointArn: And.AccessPointArn });
  }
  const form = Tag ? 'tag' : AccessPointArn === undefined ? 'prefix' : 'access-point';
  return checked({ form, prefix: Prefix, tags: Tag ? pairs([Tag]) : [], accessPointArn: AccessPointArn });
}

const pairs = (given: readonly { readonly Key: string; readonly Value: string }[]) =>
  given.map(({ Key, Value }) => [Key, Value] as const);

function checked(filter: KeptFilter): KeptFilter {
  checkTags(
    filter.tags.map(([key, value]) => ({ key, value })),
    'object',
  );
  return filter;
}

export function showFilter(filter: KeptFilter | undefined): FilterElement | undefined {
  if (filter === undefined) return undefined;
  const parts = {
    ...(filter.prefix !== undefined && { Prefix: filter.prefix }),
    ...(filter.accessPointArn !== undefined && { AccessPointArn: filter.accessPointArn }),
  };
  const shown = filter.tags.map(([Key, Value]) => ({ Key, Value }));
  if (filter.form === 'and') return { And: { ...parts, Tag: shown } };
  return filter.form === 'tag' ? { Tag: shown[0]! } : parts;
}
