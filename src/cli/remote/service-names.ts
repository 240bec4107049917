/** The services of the query protocol, by the names that requests for them are signed with, and their versions. */
export const serviceVersions = { iam: '2010-05-08', sts: '2011-06-15', cairn: '2026-11-01' } as const;
export type QueryServiceName = keyof typeof serviceVersions;
