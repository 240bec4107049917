import type { EventTarget, TargetType } from '../domain/events/event-target.ts';
import { recordType } from './record-type.ts';

/** A target of events, as the operator has added it. */
export interface EventTargetRecord extends EventTarget {
  /** A password or token, sealed under `secretOwner`. */
  readonly sealedSecret: Buffer | undefined;
  /** Drawn anew with each change, so that open connections are made anew as well. */
  readonly token: string;
  readonly createdAt: number;
}

export const eventTargetRecordType = recordType<EventTargetRecord>({
  name: 'event target',
  version: 1,
  migrations: [],
  toFields: (t) => [
    t.name,
    t.type,
    t.url,
    Object.entries(t.options),
    t.accountIds,
    t.sealedSecret ?? null,
    t.token,
    t.createdAt,
  ],
  fromFields: (f) => ({
    name: f[0] as string,
    type: f[1] as TargetType,
    url: f[2] as string,
    options: Object.fromEntries(f[3] as [string, string][]),
    accountIds: f[4] as string[],
    sealedSecret: (f[5] as Buffer | null) ?? undefined,
    token: f[6] as string,
    createdAt: f[7] as number,
  }),
});

/** Whose secret it is, for the box that seals it. */
export function secretOwner(targetName: string): string {
  return `event target ${targetName}`;
}
