import {
  type AnalyticsConfiguration,
  accessTiers,
  checkExport,
  checkTierings,
  type MetricsConfiguration,
  type TieringConfiguration,
} from '../../domain/kept-configuration.ts';
import { element, enumeration, type Infer, integer, list, optional, text } from '../../wire/xml/schema.ts';
import { filterElement, metricsFilterElement, readFilter, showFilter } from './kept-filter.ts';

/** How one kind of configuration is spelled, alone and in a list. */
interface KeptDocument<Kept, Shown> {
  readonly root: string;
  read(document: Shown): Kept;
  show(kept: Kept): Shown;
}

const metricsElement = element({ Id: text(), Filter: optional(metricsFilterElement) });
type MetricsElement = Infer<typeof metricsElement>;

export const metricsDocument = {
  root: 'MetricsConfiguration',
  schema: metricsElement,
  read: ({ Id, Filter }: MetricsElement): MetricsConfiguration => ({ id: Id, filter: readFilter(Filter) }),
  show: ({ id, filter }: MetricsConfiguration): MetricsElement => ({ Id: id, ...shownFilter(filter) }),
} satisfies KeptDocument<MetricsConfiguration, MetricsElement> & { schema: unknown };

const s3Destination = element({
  Format: enumeration('CSV'),
  BucketAccountId: optional(text()),
  Bucket: text(),
  Prefix: optional(text({ maxLength: 1024 })),
});

const analyticsElement = element({
  Id: text(),
  Filter: optional(filterElement),
  StorageClassAnalysis: element({
    DataExport: optional(
      element({
        OutputSchemaVersion: enumeration('V_1'),
        Destination: element({ S3BucketDestination: s3Destination }),
      }),
    ),
  }),
});
type AnalyticsElement = Infer<typeof analyticsElement>;

export const analyticsDocument = {
  root: 'AnalyticsConfiguration',
  schema: analyticsElement,
  read({ Id, Filter, StorageClassAnalysis }: AnalyticsElement): AnalyticsConfiguration {
    const to = StorageClassAnalysis.DataExport?.Destination.S3BucketDestination;
    const dataExport = to && { bucketArn: to.Bucket, accountId: to.BucketAccountId, prefix: to.Prefix };
    if (dataExport) checkExport(dataExport);
    return { id: Id, filter: readFilter(Filter), dataExport };
  },
  show({ id, filter, dataExport: to }: AnalyticsConfiguration): AnalyticsElement {
    const destination = to && {
      Format: 'CSV' as const,
      ...(to.accountId !== undefined && { BucketAccountId: to.accountId }),
      Bucket: to.bucketArn,
      ...(to.prefix !== undefined && { Prefix: to.prefix }),
    };
    return {
      Id: id,
      ...shownFilter(filter),
      StorageClassAnalysis: {
        ...(destination && {
          DataExport: { OutputSchemaVersion: 'V_1' as const, Destination: { S3BucketDestination: destination } },
        }),
      },
    };
  },
} satisfies KeptDocument<AnalyticsConfiguration, AnalyticsElement> & { schema: unknown };

const tieringElement = element({
  Id: text(),
  Filter: optional(filterElement),
  Status: enumeration('Enabled', 'Disabled'),
  Tiering: list(element({ Days: integer({ min: 1 }), AccessTier: enumeration(...accessTiers) }), { min: 1, max: 2 }),
});
type TieringElement = Infer<typeof tieringElement>;

export const tieringDocument = {
  root: 'IntelligentTieringConfiguration',
  schema: tieringElement,
  read({ Id, Filter, Status, Tiering }: TieringElement): TieringConfiguration {
    const tierings = Tiering.map(({ AccessTier, Days }) => ({ tier: AccessTier, days: Days }));
    checkTierings(tierings);
    return { id: Id, filter: readFilter(Filter), isEnabled: Status === 'Enabled', tierings };
  },
  show: ({ id, filter, isEnabled, tierings }: TieringConfiguration): TieringElement => ({
    Id: id,
    ...shownFilter(filter),
    Status: isEnabled ? 'Enabled' : 'Disabled',
    Tiering: tierings.map(({ tier, days }) => ({ Days: days, AccessTier: tier })),
  }),
} satisfies KeptDocument<TieringConfiguration, TieringElement> & { schema: unknown };

function shownFilter(filter: Parameters<typeof showFilter>[0]) {
  const shown = showFilter(filter);
  return shown && { Filter: shown };
}
