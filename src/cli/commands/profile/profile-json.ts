import type { Profile } from '../../profiles/profile.ts';

/** All of a profile but its secrets. */
export function profileJson({ secretAccessKey, sessionToken, ...rest }: Profile) {
  return { ...rest, hasSecret: secretAccessKey !== undefined, hasToken: sessionToken !== undefined };
}
