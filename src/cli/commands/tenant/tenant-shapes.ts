/** What Cairn's own service answers about tenants. */
export interface Tenant {
  readonly TenantId: string;
  readonly Name: string;
  readonly Arn: string;
  readonly CanonicalId: string;
  readonly Email?: string;
  readonly Alias?: string;
  readonly CreateDate: string;
  readonly State: 'Enabled' | 'Disabled';
  readonly IsSystem: boolean;
  readonly Quota?: Quota;
  readonly RateLimits?: RateLimits;
}
export interface Quota {
  readonly Bytes?: number;
  readonly Objects?: number;
}
export interface RateLimits {
  readonly RequestsPerSecond?: number;
  readonly BytesPerSecond?: number;
}
export interface TenantUsage {
  readonly Objects: number;
  readonly Versions: number;
  readonly Bytes: number;
  readonly UploadBytes: number;
  readonly IsComplete: boolean;
}
export interface RootKey {
  readonly AccessKeyId: string;
  readonly Status: string;
}
export interface NewKey {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}
