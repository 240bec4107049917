import { invalidArgument, StorageError } from './errors.ts';

export type WebsiteProtocol = 'http' | 'https';

/** What a bucket does for those who come to its website host. https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html */
export type WebsiteConfiguration =
  | { readonly kind: 'redirect-all'; readonly hostName: string; readonly protocol?: WebsiteProtocol | undefined }
  | {
      readonly kind: 'site';
      /** What is put behind a key that is empty or ends with a slash. */
      readonly indexSuffix: string;
      /** The object whose bytes answer errors of the 4XX class. */
      readonly errorKey?: string | undefined;
      /** In the order in which they are tried. */
      readonly rules: readonly RoutingRule[];
    };

export type Site = Extract<WebsiteConfiguration, { kind: 'site' }>;

/** A redirect, and what must hold for it; without conditions it holds always. */
export interface RoutingRule {
  readonly keyPrefix?: string | undefined;
  /** Only where the request would otherwise be answered with this status. */
  readonly errorCode?: number | undefined;
  readonly redirect: Redirect;
}

/** Where to send someone; what is left out stays as it was requested. */
export interface Redirect {
  readonly protocol?: WebsiteProtocol | undefined;
  readonly hostName?: string | undefined;
  readonly replaceKeyPrefixWith?: string | undefined;
  readonly replaceKeyWith?: string | undefined;
  readonly httpRedirectCode?: number | undefined;
}

/** A configuration as a client spelled it, by the names of its elements. */
export interface WebsiteDraft {
  readonly RedirectAllRequestsTo?: { readonly HostName: string; readonly Protocol?: string } | undefined;
  readonly IndexDocument?: { readonly Suffix: string } | undefined;
  readonly ErrorDocument?: { readonly Key: string } | undefined;
  readonly RoutingRules?: { readonly RoutingRule: readonly RoutingRuleDraft[] } | undefined;
}

export interface RoutingRuleDraft {
  readonly Condition?: { readonly HttpErrorCodeReturnedEquals?: string; readonly KeyPrefixEquals?: string } | undefined;
  readonly Redirect: {
    readonly Protocol?: string;
    readonly HostName?: string;
    readonly ReplaceKeyPrefixWith?: string;
    readonly ReplaceKeyWith?: string;
    readonly HttpRedirectCode?: string;
  };
}

/** AWS's limit. */
export const maxRoutingRules = 50;
const maxKeyBytes = 1024;

/** Throws InvalidArgument, InvalidRequest or MalformedXml for what is no configuration. */
export function parseWebsite(draft: WebsiteDraft): WebsiteConfiguration {
  const all = draft.RedirectAllRequestsTo;
  if (all !== undefined) {
    if (draft.IndexDocument || draft.ErrorDocument || draft.RoutingRules) {
      throw invalidRequest('RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.');
    }
    return { kind: 'redirect-all', hostName: parseHostName(all.HostName), protocol: parseProtocol(all.Protocol) };
  }
  return {
    kind: 'site',
    indexSuffix: parseSuffix(draft.IndexDocument?.Suffix),
    errorKey: parseErrorKey(draft.ErrorDocument?.Key),
    rules: parseRules(draft.RoutingRules?.RoutingRule ?? []),
  };
}

function parseSuffix(suffix: string | undefined): string {
  if (suffix === undefined) {
    throw invalidArgument(
      'A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty',
      'IndexDocument',
      'null',
    );
  }
  if (suffix === '' || suffix.includes('/') || !isKeyText(suffix)) {
    throw invalidArgument('The IndexDocument Suffix is not well formed', 'IndexDocument', suffix);
  }
  return suffix;
}

function parseErrorKey(key: string | undefined): string | undefined {
  if (key === undefined || (key !== '' && isKeyText(key))) return key;
  throw invalidArgument('The ErrorDocument Key is not well formed', 'ErrorDocument', key);
}

function isKeyText(text: string): boolean {
  return text.isWellFormed() && Buffer.byteLength(text) <= maxKeyBytes;
}

function parseRules(drafts: readonly RoutingRuleDraft[]): readonly RoutingRule[] {
  if (drafts.length > maxRoutingRules) {
    throw invalidRequest(
      `${drafts.length} routing rules provided, the number of routing rules in a website configuration is limited to ${maxRoutingRules}.`,
    );
  }
  return drafts.map(({ Condition, Redirect }) => ({ ...parseCondition(Condition), redirect: parseRedirect(Redirect) }));
}

function parseCondition(condition: RoutingRuleDraft['Condition']): Pick<RoutingRule, 'keyPrefix' | 'errorCode'> {
  if (condition === undefined) return {};
  const { HttpErrorCodeReturnedEquals: code, KeyPrefixEquals: keyPrefix } = condition;
  if (code === undefined && keyPrefix === undefined) {
    throw invalidRequest(
      "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
    );
  }
  if (code !== undefined && !/^[45]\d\d$/.test(code)) {
    throw invalidRequest(`The provided HTTP error code (${code}) is not valid. Valid codes are 4XX or 5XX.`);
  }
  if (keyPrefix !== undefined && !isKeyText(keyPrefix)) {
    throw invalidArgument('The KeyPrefixEquals is not well formed', 'KeyPrefixEquals', keyPrefix);
  }
  return { keyPrefix, errorCode: code === undefined ? undefined : Number(code) };
}

function parseRedirect(draft: RoutingRuleDraft['Redirect']): Redirect {
  const { ReplaceKeyPrefixWith: replaceKeyPrefixWith, ReplaceKeyWith: replaceKeyWith, HttpRedirectCode: code } = draft;
  if (Object.values(draft).every((value) => value === undefined)) throw new StorageError('MalformedXml');
  if (replaceKeyPrefixWith !== undefined && replaceKeyWith !== undefined) {
    throw invalidRequest('You can only define ReplaceKeyPrefix or ReplaceKey but not both.');
  }
  if (code !== undefined && (!/^3\d\d$/.test(code) || code === '300')) {
    throw invalidRequest(`The provided HTTP redirect code (${code}) is not valid. Valid codes are 3XX except 300.`);
  }
  for (const [name, value] of Object.entries({ replaceKeyPrefixWith, replaceKeyWith })) {
    if (value !== undefined && !isKeyText(value)) throw invalidArgument(`The ${name} is not well formed`, name, value);
  }
  return {
    protocol: parseProtocol(draft.Protocol),
    hostName: draft.HostName === undefined ? undefined : parseHostName(draft.HostName),
    replaceKeyPrefixWith,
    replaceKeyWith,
    httpRedirectCode: code === undefined ? undefined : Number(code),
  };
}

function parseProtocol(protocol: string | undefined): WebsiteProtocol | undefined {
  if (protocol === undefined || protocol === 'http' || protocol === 'https') return protocol;
  throw invalidRequest(
    'Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.',
  );
}

/** A host, with a port or the beginning of a path behind it as S3 lets them through: what may stand in a `Location`. */
function parseHostName(hostName: string): string {
  if (/^[A-Za-z0-9[][\w.~:/[\]%-]{0,254}$/.test(hostName)) return hostName;
  throw invalidArgument('The HostName is not well formed', 'HostName', hostName);
}

function invalidRequest(message: string): StorageError {
  return new StorageError('InvalidRequest', { message });
}

/** The object that a request for `key` (empty for `/`) is about: the index document for what looks like a directory. */
export function documentKey(site: Site, key: string): string {
  return key === '' || key.endsWith('/') ? key + site.indexSuffix : key;
}

/** The index document of the directory that `key` may be short of a slash of. */
export function indexOfDirectory(site: Site, key: string): string | undefined {
  return key === '' || key.endsWith('/') ? undefined : `${key}/${site.indexSuffix}`;
}

/** The first rule that holds whatever the request would be answered. */
export function ruleForKey(site: Site, key: string): RoutingRule | undefined {
  return site.rules.find((rule) => rule.errorCode === undefined && key.startsWith(rule.keyPrefix ?? ''));
}

/** The first rule that holds for a request which failed with this status. */
export function ruleForError(site: Site, key: string, status: number): RoutingRule | undefined {
  return site.rules.find((rule) => rule.errorCode === status && key.startsWith(rule.keyPrefix ?? ''));
}

/** What a redirect is computed from. */
export interface RequestedPage {
  /** Decoded; empty for `/`. */
  readonly key: string;
  /** As it was sent, without the question mark. */
  readonly rawQuery: string;
  readonly host: string;
  readonly protocol: WebsiteProtocol;
}

/** The `Location` and the status of a rule that holds. */
export function redirectOf(
  { redirect, keyPrefix = '' }: RoutingRule,
  page: RequestedPage,
): { readonly status: number; readonly location: string } {
  const path =
    redirect.replaceKeyWith !== undefined
      ? encodeGiven(redirect.replaceKeyWith)
      : redirect.replaceKeyPrefixWith !== undefined
        ? encodeGiven(redirect.replaceKeyPrefixWith) + encodeKey(page.key.slice(keyPrefix.length))
        : encodeKey(page.key);
  const origin = `${redirect.protocol ?? page.protocol}://${redirect.hostName ?? page.host}`;
  return {
    status: redirect.httpRedirectCode ?? 301,
    location: withQuery(`${origin}/${path}`, page.rawQuery),
  };
}

/** Where a website that redirects everything sends a request. */
export function redirectAllLocation(
  { hostName, protocol }: Extract<WebsiteConfiguration, { kind: 'redirect-all' }>,
  page: RequestedPage,
): string {
  return withQuery(`${protocol ?? page.protocol}://${hostName}/${encodeKey(page.key)}`, page.rawQuery);
}

/** The same directory with its slash. Never `//…`, which a browser would take for another host. */
export function directoryLocation({ key, rawQuery }: RequestedPage): string {
  return withQuery(`/${encodeKey(key).replace(/^\/+/, (slashes) => '%2F'.repeat(slashes.length))}/`, rawQuery);
}

/** A query that the target has already is the rule's; the request's own would change its meaning. */
function withQuery(target: string, rawQuery: string): string {
  return rawQuery === '' || target.includes('?') ? target : `${target}?${encodeGiven(rawQuery)}`;
}

/** Percent-encodes a key for a path; slashes stay. */
function encodeKey(key: string): string {
  return encodeURIComponent(key.toWellFormed()).replaceAll('%2F', '/');
}

/** Leaves what its author may have meant as part of a URL, `?` and `%` too, and encodes what no header may hold. */
function encodeGiven(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (character) => encodeURIComponent(character));
}
