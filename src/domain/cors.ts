import { StorageError } from './errors.ts';

/** The methods that a rule may allow. A browser may use GET, HEAD and POST without asking, and still not read the answer. */
export const corsMethods: readonly string[] = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE'];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
export const corsLimits = {
  rules: 100,
  documentBytes: 64 * 1024,
  idLength: 255,
  maxAgeSeconds: 2_147_483_647,
} as const;

/** Which pages of other origins may do what with a bucket from within a browser. */
export interface CorsRule {
  readonly id: string | undefined;
  /** Each with at most one `*`, which stands for any text. */
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  /** Each with at most one `*`; compared without regard to case. */
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

/** What a browser asks for, or does. */
export interface CorsRequest {
  readonly origin: string;
  readonly method: string;
  /** The names in `Access-Control-Request-Headers`, in lower case. */
  readonly headers: readonly string[];
}

/** The rule that allows a request, and what may be told of whom it allows. */
export interface CorsMatch {
  readonly rule: CorsRule;
  /** `*`, or the origin itself. */
  readonly allowedOrigin: string;
  /** Whether the browser may hand over an answer that it got with the user's credentials. */
  readonly allowsCredentials: boolean;
}

/** Preflights of browsers name a few. The number is bounded because each is compared with every allowed header. */
const maxRequestedHeaders = 256;

/** RFC 9110 section 5.1: what the name of a header is made of. */
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Any host of one scheme, or of any, is no name of anybody. */
const namesNobody = /^(https?(:\/{0,2})?)?\*(:\d*)?$/i;

/** Throws InvalidRequest for rules that no bucket may have, in S3's words. */
export function checkCorsRules(rules: readonly CorsRule[]): void {
  for (const rule of rules) {
    for (const method of rule.allowedMethods) {
      if (corsMethods.includes(method)) continue;
      throw invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
    }
    for (const origin of rule.allowedOrigins) {
      if (hasSeveralStars(origin)) throw invalid(`AllowedOrigin "${origin}" can not have more than one wildcard.`);
    }
    for (const name of rule.allowedHeaders) {
      if (hasSeveralStars(name)) throw invalid(`AllowedHeader "${name}" can not have more than one wildcard.`);
    }
    for (const name of rule.exposeHeaders) checkExposeHeader(name);
  }
}

/** It goes into a header of answers as it is. */
function checkExposeHeader(name: string): void {
  if (name.includes('*')) {
    throw invalid(`ExposeHeader "${name}" contains wildcard. We currently do not support wildcard for ExposeHeader.`);
  }
  if (!headerName.test(name)) throw invalid(`ExposeHeader "${name}" is not the name of a header.`);
}

/** The first rule that allows the origin, the method and every header of a request. */
export function matchCors(rules: readonly CorsRule[], request: CorsRequest): CorsMatch | undefined {
  const { origin, method, headers } = request;
  if (headers.length > maxRequestedHeaders) return undefined;
  for (const rule of rules) {
    if (!rule.allowedMethods.includes(method)) continue;
    const pattern = rule.allowedOrigins.find((candidate) => matchesOneStar(candidate, origin));
    if (pattern === undefined) continue;
    const allowed = rule.allowedHeaders.map((name) => name.toLowerCase());
    if (!headers.every((name) => allowed.some((candidate) => matchesOneStar(candidate, name)))) continue;
    return {
      rule,
      allowedOrigin: pattern === '*' ? '*' : origin,
      allowsCredentials: !namesNobody.test(pattern),
    };
  }
  return undefined;
}

/** A pattern with at most one `*`, which stands for any text, also none. */
function matchesOneStar(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  if (text.length < pattern.length - 1 || !text.startsWith(pattern.slice(0, star))) return false;
  return text.endsWith(pattern.slice(star + 1));
}

function hasSeveralStars(pattern: string): boolean {
  return pattern.indexOf('*') !== pattern.lastIndexOf('*');
}

function invalid(message: string): StorageError {
  return new StorageError('InvalidRequest', { message });
}
