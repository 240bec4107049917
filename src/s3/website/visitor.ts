import { StorageError } from '../../domain/errors.ts';
import { onObject } from '../../domain/grant.ts';
import { checkObjectKey } from '../../domain/object-key.ts';
import type { ReadConditions } from '../../domain/preconditions.ts';
import { anonymous } from '../../domain/principal.ts';
import type { MaybePromise } from '../../foundation/bytes.ts';
import type { BucketRecord } from '../../records/bucket-record.ts';
import type { ObjectVersion } from '../../records/version-record.ts';
import { Access, type AccessRequest } from '../../services/authorization/access.ts';
import { noSuchBucket } from '../../services/buckets/open-bucket.ts';
import type { Reply } from '../../wire/reply.ts';
import { keyForHead } from '../encryption.ts';
import { checkConditions, selectBytes } from '../object-reply.ts';
import type { S3Services } from '../s3-services.ts';

/** What a visitor wants to see of an object. */
export interface Viewing {
  readonly conditions: ReadConditions;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

const wholeObject: Viewing = { conditions: {}, range: undefined, ifRange: undefined };

/** A read that the gate let through. */
interface AllowedRead {
  readonly bucket: BucketRecord;
  /** To be called with the object that was read, before any of it is shown. */
  confirm(version: ObjectVersion): MaybePromise<void>;
}

/** Someone at a website: nobody in particular, who may read what everybody may. */
export class Visitor {
  readonly #services: S3Services;
  readonly #bucket: BucketRecord;
  readonly #request: AccessRequest;
  readonly #withBody: boolean;
  #asked: { readonly key: string; readonly access: Access } | undefined;

  constructor(
    services: S3Services,
    { bucket, request, withBody }: { bucket: BucketRecord; request: AccessRequest; withBody: boolean },
  ) {
    this.#services = services;
    this.#bucket = bucket;
    this.#request = request;
    this.#withBody = withBody;
  }

  /** What was asked for first, before what else might be shown, and how the gate answered; undefined before that. */
  get asked(): { readonly key: string; readonly access: Access } | undefined {
    return this.#asked;
  }

  /**
   * An object as the visitor sees it, or the redirect that stands in its place. Throws AccessDenied, and NoSuchKey only
   * where everybody may list the bucket; NotModified, PreconditionFailed, InvalidRange.
   */
  see(key: string, viewing: Viewing = wholeObject): Promise<Reply> {
    return this.#read(key, (allowed) =>
      this.#withBody ? this.#open(allowed, key, viewing) : this.#head(allowed, key, viewing),
    );
  }

  /** Whether the object is there and may be read. */
  async maySee(key: string): Promise<boolean> {
    try {
      await this.#read(key, async ({ bucket }) => this.#services.objects.head({ bucket, key, versionId: undefined }));
      return true;
    } catch (error) {
      if (error instanceof StorageError && error.kind !== 'InternalError') return false;
      throw error;
    }
  }

  async #read<T>(key: string, read: (allowed: AllowedRead) => Promise<T>): Promise<T> {
    checkObjectKey(key);
    const { authorization } = this.#services;
    const access = new Access(authorization, this.#request);
    this.#asked ??= { key, access };
    const grant = onObject('s3:GetObject', this.#bucket.name, key);
    const grants = [grant];
    try {
      await access.requireAll(grants);
      const bucket = access.bucket(this.#bucket.name);
      // Made anew since its configuration was read: nothing of this one was allowed.
      if (bucket.id !== this.#bucket.id) throw noSuchBucket(bucket.name);
      return await read({ bucket, confirm: (version) => access.confirm(grant, version) });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const told = await authorization.disclose(error, access, grants);
      throw told.kind === 'AnonymousNotAllowed' ? new StorageError('AccessDenied') : told;
    }
  }

  async #head({ bucket, confirm }: AllowedRead, key: string, viewing: Viewing): Promise<Reply> {
    const version = await this.#services.objects.head({ bucket, key, versionId: undefined });
    await confirm(version);
    const redirect = redirectOfObject(version);
    if (redirect) return redirect;
    if (version.encryption) await keyForHead(version, keyless, this.#services);
    const { status, headers, range } = select(bucket, version, viewing);
    return { status, headers: { ...headers, 'Content-Length': range.length } };
  }

  async #open({ bucket, confirm }: AllowedRead, key: string, viewing: Viewing): Promise<Reply> {
    const target = { bucket, key, versionId: undefined };
    const { version, content } = await this.#services.objects.open(target, { user: 'anonymous', weigh: confirm });
    try {
      await confirm(version);
      const redirect = redirectOfObject(version);
      if (redirect) {
        await content.close();
        return redirect;
      }
      const { status, headers, range } = select(bucket, version, viewing);
      if (content.bytes) {
        return { status, headers, body: content.bytes.subarray(range.offset, range.offset + range.length) };
      }
      const body = {
        length: range.length,
        pour: (sink: Parameters<typeof content.pour>[1]) => content.pour(range, sink),
        close: () => content.close(),
      };
      return { status, headers, body };
    } catch (error) {
      await content.close();
      throw error;
    }
  }
}

/** Who looks at a website has no keys. */
const keyless = { principal: anonymous, customer: undefined, withChecksums: false } as const;

function redirectOfObject({ headers }: ObjectVersion): Reply | undefined {
  const location = headers.websiteRedirectLocation;
  return location === undefined ? undefined : { status: 301, headers: { Location: location } };
}

function select(bucket: BucketRecord, version: ObjectVersion, { conditions, range, ifRange }: Viewing) {
  checkConditions(conditions, bucket, version);
  return selectBytes(
    { bucket, version, parts: undefined },
    { range, ifRange, partNumber: undefined, checksumMode: undefined },
  );
}
