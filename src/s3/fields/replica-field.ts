import { invalidArgument } from '../../domain/errors.ts';
import type { ChangeOrigin } from '../../services/changes/object-change.ts';
import type { Replica } from '../../services/objects/replica.ts';
import type { Field } from './field.ts';

/** What one Cairn tells another when it replicates: the version's token and when it was written, in milliseconds. */
export const replicaHeader = 'x-amz-cairn-replica';

/**
 * Which version of another bucket the new one is to be the same as. Not AWS's: whoever sends it needs `s3:ReplicateObject`
 * (of delete markers: `s3:ReplicateDelete`) besides.
 */
export const replica: Field<Replica | undefined> = {
  name: replicaHeader,
  read({ headers }) {
    const text = headers[replicaHeader];
    if (text === undefined) return undefined;
    const [, token, time] = /^([0-9a-f]{32})\/(\d{1,15})$/.exec(text) ?? [];
    if (token === undefined) throw invalidArgument('A replica is a version token and a time.', replicaHeader, text);
    return { token, lastModified: Number(time) };
  },
};

/** The origin of a change that goes no further; the client's own where it replicates nothing. */
export function originOf(origin: ChangeOrigin, given: Replica | undefined): ChangeOrigin {
  return given === undefined ? origin : { ...origin, by: 'replication' };
}
