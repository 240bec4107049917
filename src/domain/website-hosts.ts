/** The host names of a server, as its operator has listed them; all in lower case. */
export interface ListedHosts {
  /** Under these the first labels are a bucket of the S3 API. */
  readonly domains: readonly string[];
  /** `web.example.com`: it and what is under it are websites. `=www.example.com`: it alone is one. */
  readonly websiteDomains: readonly string[];
}

/**
 * The bucket whose website a request to `host` (a `Host` header, with its port) is for, or undefined where the request is
 * for the S3 API. `my-bucket.web.example.com` is the website of my-bucket, where web.example.com is listed; a listed name
 * itself is the website of the bucket of that very name. No other host is ever a website: else whoever makes a bucket
 * could take over the host name that it is called like. Of several listed names the longest counts, so that an S3 domain
 * below a website domain stays what it is.
 */
export function websiteBucketOf(host: string, { domains, websiteDomains }: ListedHosts): string | undefined {
  if (websiteDomains.length === 0) return undefined;
  const name = hostName(host);
  if (name === undefined) return undefined;
  let bucket: string | undefined;
  let longest = -1;
  for (const domain of domains) if (isAtOrUnder(name, domain)) longest = Math.max(longest, domain.length);
  for (const entry of websiteDomains) {
    const alone = entry.startsWith('=');
    const domain = alone ? entry.slice(1) : entry;
    if (domain.length <= longest) continue;
    if (name === domain) bucket = name;
    else if (!alone && isAtOrUnder(name, domain)) bucket = name.slice(0, -domain.length - 1);
    else continue;
    longest = domain.length;
  }
  return bucket;
}

function isAtOrUnder(name: string, domain: string): boolean {
  return name === domain || (name.length > domain.length && name.endsWith(`.${domain}`));
}

/** The name without its port, in lower case; undefined for what is no plain name and port. */
function hostName(host: string): string | undefined {
  return /^([a-z0-9_.-]+)(?::\d{1,5})?$/.exec(host.toLowerCase())?.[1];
}
