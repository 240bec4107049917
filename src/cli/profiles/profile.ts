/** What a profile says, of Cairn's own file and of AWS's two together. */
export interface Profile {
  readonly name: string;
  /** The files that it stands in. */
  readonly from: readonly string[];
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly caFile?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  /** A role to assume with the credentials of `sourceProfile`. */
  readonly roleArn?: string | undefined;
  readonly sourceProfile?: string | undefined;
  readonly externalId?: string | undefined;
  readonly roleSessionName?: string | undefined;
  /** Seconds that a session of the role lasts. */
  readonly durationSeconds?: number | undefined;
  /** Settings of AWS's that this program does not follow: `credential_process`, `sso_session` … */
  readonly notFollowed: readonly string[];
}
