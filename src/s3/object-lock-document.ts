import { StorageError } from '../domain/errors.ts';
import { type DefaultRetention, type ObjectLock, type Retention, retentionModes } from '../domain/object-lock.ts';
import { element, enumeration, type Infer, integer, optional, timestamp } from '../wire/xml/schema.ts';

export const objectLockConfiguration = {
  root: 'ObjectLockConfiguration',
  schema: element({
    ObjectLockEnabled: enumeration('Enabled'),
    Rule: optional(
      element({
        DefaultRetention: element({
          Mode: enumeration(...retentionModes),
          Days: optional(integer()),
          Years: optional(integer()),
        }),
      }),
    ),
  }),
};
type ObjectLockConfiguration = Infer<(typeof objectLockConfiguration)['schema']>;

export const retention = {
  root: 'Retention',
  schema: element({ Mode: optional(enumeration(...retentionModes)), RetainUntilDate: optional(timestamp()) }),
};

export const legalHold = {
  root: 'LegalHold',
  schema: element({ Status: enumeration('ON', 'OFF') }),
};

/** Throws MalformedXml where the period is none, or two. */
export function objectLockIn({ Rule: rule }: ObjectLockConfiguration): ObjectLock {
  if (!rule) return {};
  const { Mode, Days, Years } = rule.DefaultRetention;
  if ((Days === undefined) === (Years === undefined)) throw new StorageError('MalformedXml');
  const period: DefaultRetention['period'] =
    Days === undefined ? { unit: 'years', count: Years! } : { unit: 'days', count: Days };
  return { defaultRetention: { mode: Mode, period } };
}

export function objectLockConfigurationOf({ defaultRetention }: ObjectLock): ObjectLockConfiguration {
  if (!defaultRetention) return { ObjectLockEnabled: 'Enabled' };
  const { mode, period } = defaultRetention;
  const length = period.unit === 'days' ? { Days: period.count } : { Years: period.count };
  return { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: mode, ...length } } };
}

/** Undefined for an empty document, which takes a retention off. Throws MalformedXml where only half is said. */
export function retentionIn({ Mode, RetainUntilDate }: Infer<(typeof retention)['schema']>): Retention | undefined {
  if (Mode === undefined && RetainUntilDate === undefined) return undefined;
  if (Mode === undefined || RetainUntilDate === undefined) throw new StorageError('MalformedXml');
  return { mode: Mode, until: RetainUntilDate };
}

export function retentionDocument({ mode, until }: Retention): Infer<(typeof retention)['schema']> {
  return { Mode: mode, RetainUntilDate: until };
}
