import { StorageError } from '../../domain/errors.ts';
import {
  directoryLocation,
  documentKey,
  indexOfDirectory,
  type RequestedPage,
  redirectAllLocation,
  redirectOf,
  ruleForError,
  ruleForKey,
  type Site,
} from '../../domain/website.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import { requestPaymentSetting } from '../../records/bucket-setting.ts';
import { websiteSetting } from '../../records/website-setting.ts';
import type { AccessRequest } from '../../services/authorization/access.ts';
import { noSuchBucket } from '../../services/buckets/open-bucket.ts';
import type { Reply } from '../../wire/reply.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import { errorCatalogue } from '../error-catalogue.ts';
import { readConditions } from '../fields/conditions.ts';
import type { S3Services } from '../s3-services.ts';
import { errorHeaders, errorPage } from './error-page.ts';
import { Visitor } from './visitor.ts';

interface Visit {
  readonly head: RequestHead;
  readonly bucketName: string;
  readonly request: AccessRequest;
  readonly ids: { readonly requestId: string; readonly hostId: string };
}

/** An answer; `failure` where it tells of one, `visitor` where the gate was asked. */
export interface WebsiteAnswer {
  readonly reply: Reply;
  readonly failure?: StorageError;
  readonly visitor?: Visitor;
}

/**
 * What a website answers to GET and HEAD: redirects that need no object, then the object or its directory's index, then
 * redirects and documents for what went wrong. Throws StorageError where there is no website.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
 */
export async function serveWebsite(visit: Visit, services: S3Services): Promise<WebsiteAnswer> {
  const { head, bucketName } = visit;
  const bucket = await services.buckets.find(bucketName);
  if (!bucket) throw noSuchBucket(bucketName);
  if (bucket.ownerDisabled) throw new StorageError('AccountProblem');
  const website = await services.bucketSettings.read(bucket, websiteSetting);
  if (!website) throw new StorageError('NoSuchWebsiteConfiguration', { fields: { BucketName: bucketName } });
  // Visitors cannot agree to pay. https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
  if (requestPaymentSetting.name in bucket.settings) throw new StorageError('AccessDenied');
  const page = requestedPage(head);
  if (website.kind === 'redirect-all') return { reply: redirectTo(301, redirectAllLocation(website, page)) };
  const rule = ruleForKey(website, page.key);
  if (rule) {
    const { status, location } = redirectOf(rule, page);
    return { reply: redirectTo(status, location) };
  }
  return servePage(website, { visit, page, bucket }, services);
}

interface PageVisit {
  readonly visit: Visit;
  readonly page: RequestedPage;
  readonly bucket: BucketRecord;
}

async function servePage(site: Site, { visit, page, bucket }: PageVisit, services: S3Services): Promise<WebsiteAnswer> {
  const { head, request } = visit;
  const visitor = new Visitor(services, { bucket, request, withBody: head.method === 'GET' });
  const { headers } = head;
  try {
    const viewing = { conditions: readConditions.read(head), range: headers.range, ifRange: headers['if-range'] };
    return { reply: await visitor.see(documentKey(site, page.key), viewing), visitor };
  } catch (error) {
    const isAnswer = error instanceof StorageError && errorCatalogue[error.kind].status < 500;
    if (!isAnswer || error.kind === 'NotModified') throw error;
    return { reply: await replyToFailure(error, site, { visit, page, visitor }), failure: error, visitor };
  }
}

async function replyToFailure(
  failure: StorageError,
  site: Site,
  { visit, page, visitor }: { visit: Visit; page: RequestedPage; visitor: Visitor },
): Promise<Reply> {
  const { status } = errorCatalogue[failure.kind];
  const index = status === 403 || status === 404 ? indexOfDirectory(site, page.key) : undefined;
  // Whether the object itself is missing or forbidden must not show in this.
  if (index !== undefined && (await visitor.maySee(index))) return redirectTo(302, directoryLocation(page));
  const rule = ruleForError(site, page.key, status);
  if (rule) {
    const redirect = redirectOf(rule, page);
    return redirectTo(redirect.status, redirect.location);
  }
  if (site.errorKey === undefined) return errorPage(failure, visit.ids);
  try {
    const document = await visitor.see(site.errorKey);
    if (document.status === 301) return document;
    return { ...document, status, headers: { ...withoutValidators(document.headers), ...errorHeaders(failure) } };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return errorPage(failure, { ...visit.ids, documentFailure: error });
  }
}

/** Those of the error document say nothing of the page that was asked for. */
function withoutValidators(headers: Reply['headers']): Reply['headers'] {
  return { ...headers, ETag: undefined, 'Last-Modified': undefined, 'Accept-Ranges': undefined };
}

function redirectTo(status: number, location: string): Reply {
  return { status, headers: { Location: location } };
}

function requestedPage({ address, target, host, secure }: RequestHead): RequestedPage {
  const question = target.indexOf('?');
  return {
    key: address.key ?? '',
    rawQuery: question < 0 ? '' : target.slice(question + 1),
    host,
    protocol: secure ? 'https' : 'http',
  };
}
