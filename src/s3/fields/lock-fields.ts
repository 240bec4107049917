import { invalidArgument, StorageError } from '../../domain/errors.ts';
import { type Retention, retentionModes, type VersionLock } from '../../domain/object-lock.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import { timestamp } from '../../wire/xml/schema.ts';
import type { Field } from './field.ts';

const modeHeader = 'x-amz-object-lock-mode';
const untilHeader = 'x-amz-object-lock-retain-until-date';
const holdHeader = 'x-amz-object-lock-legal-hold';

/** What the headers of a write say of the lock of the version that it makes; undefined where they say nothing. */
export function readLock({ headers }: RequestHead): VersionLock | undefined {
  const mode = headers[modeHeader];
  const until = headers[untilHeader];
  const hold = headers[holdHeader];
  if (mode === undefined && until === undefined && hold === undefined) return undefined;
  return { retention: readRetention(mode, until), legalHold: readHold(hold) };
}

function readRetention(mode: string | undefined, until: string | undefined): Retention | undefined {
  if (mode === undefined && until === undefined) return undefined;
  if (mode === undefined || until === undefined) {
    throw new StorageError('InvalidArgument', {
      message: `${untilHeader} and ${modeHeader} must both be supplied`,
      fields: { ArgumentName: mode === undefined ? modeHeader : untilHeader },
    });
  }
  const known = retentionModes.find((candidate) => candidate === mode);
  if (known === undefined) throw invalidArgument('Unknown wormMode directive.', modeHeader, mode);
  return { mode: known, until: parseRetainUntil(until) };
}

/** ISO 8601, as S3 documents it. */
export function parseRetainUntil(text: string): number {
  const until = timestamp().decode(text);
  if (until === undefined) {
    throw invalidArgument('The retain until date must be provided in ISO 8601 format', untilHeader, text);
  }
  return until;
}

function readHold(hold: string | undefined): boolean | undefined {
  if (hold === undefined) return undefined;
  if (hold !== 'ON' && hold !== 'OFF') {
    throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", holdHeader, hold);
  }
  return hold === 'ON';
}

/** Whether GOVERNANCE is to be broken, by those who may. */
export const bypassGovernance: Field<boolean> = {
  name: 'x-amz-bypass-governance-retention',
  read: ({ headers }) => headers['x-amz-bypass-governance-retention']?.toLowerCase() === 'true',
};

/** Whether a new bucket has object lock. */
export const objectLockEnabled: Field<boolean> = {
  name: 'x-amz-bucket-object-lock-enabled',
  read({ headers }) {
    const text = headers[this.name]?.toLowerCase() ?? 'false';
    if (text === 'true' || text === 'false') return text === 'true';
    throw invalidArgument(`The value of ${this.name} must be true or false.`, this.name, text);
  },
};
