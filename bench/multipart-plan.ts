import { hash } from 'node:crypto';
import { percentEncode } from '../tests/signing/sign-v4.ts';
import { type Answer, etagOf, type Step } from './exchange.ts';
import { prepareHeads, RequestSigner } from './prepared-requests.ts';
import { type Bounds, countFor, type Plan, type ScenarioOf } from './scenario-plan.ts';
import { spreadKey } from './scenarios.ts';
import type { StoredObjects, StoredSets } from './stored-sets.ts';

/**
 * Create, the parts one after another, complete: one operation. Its later requests need what the answers before told (upload
 * id, ETags), so they are signed as it goes; the digests of the parts, by far the larger part, are computed beforehand.
 */
export async function planMultipart(
  sets: StoredSets,
  scenario: ScenarioOf<'multipart'>,
  bounds: Bounds,
): Promise<Plan> {
  const { name, objectBytes, partBytes } = scenario;
  const keyOf = (index: number) => spreadKey(name, index);
  const objects: StoredObjects = { bucket: 'objects', objectBytes, keyOf, etags: [] };
  const count = countFor(scenario, bounds, objectBytes);
  const path = (index: number) => sets.pathOf(objects, index);
  const creates = prepareHeads(sets.target, count, (index) => ({ method: 'POST', path: `${path(index)}?uploads=` }));
  const parts = Array.from({ length: count }, (_, index) => partsOf(sets.contentOf(objects, index), partBytes));
  const signer = new RequestSigner(sets.target);
  return {
    operations: {
      count,
      begin: (index) => ({
        method: 'POST',
        head: creates(index),
        expected: { status: 200 },
        next(answer) {
          const upload = new Upload(signer, { path: path(index), parts: parts[index]!, uploadId: uploadIdIn(answer) });
          return upload.begin((etag) => {
            objects.etags[index] = etag;
          });
        },
      }),
    },
    repeats: false,
    bytesPerOperation: objectBytes,
    verify: (performed) => sets.readBack(objects, performed),
  };
}

interface Part {
  readonly body: Buffer;
  readonly bodySha256: string;
}

function partsOf(content: Buffer, partBytes: number): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at === 0 || at < content.length; at += partBytes) {
    const body = content.subarray(at, at + partBytes);
    parts.push({ body, bodySha256: hash('sha256', body) });
  }
  return parts;
}

function uploadIdIn({ document }: Answer): string {
  const id = /<UploadId>([^<]+)<\/UploadId>/.exec(document)?.[1];
  if (id === undefined) throw new Error(`an answer without an upload id:\n${document.slice(0, 800)}`);
  return id;
}

class Upload {
  readonly #signer: RequestSigner;
  readonly #path: string;
  readonly #uploadId: string;
  readonly #parts: readonly Part[];
  readonly #etags: string[] = [];
  #onEtag: (etag: string) => void = () => {};

  constructor(signer: RequestSigner, shape: { path: string; uploadId: string; parts: readonly Part[] }) {
    this.#signer = signer;
    this.#path = shape.path;
    this.#uploadId = percentEncode(shape.uploadId);
    this.#parts = shape.parts;
  }

  begin(onEtag: (etag: string) => void): Step {
    this.#onEtag = onEtag;
    return this.#uploadNext();
  }

  #uploadNext(): Step {
    const number = this.#etags.length + 1;
    const path = `${this.#path}?partNumber=${number}&uploadId=${this.#uploadId}`;
    const { body, bodySha256 } = this.#parts[number - 1]!;
    return {
      method: 'PUT',
      head: Buffer.from(this.#signer.headOf({ method: 'PUT', path, body, bodySha256 }), 'latin1'),
      body,
      expected: { status: 200 },
      next: (answer) => {
        this.#etags.push(etagOf(answer));
        return this.#etags.length < this.#parts.length ? this.#uploadNext() : this.#complete();
      },
    };
  }

  #complete(): Step {
    const parts = this.#etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
    const path = `${this.#path}?uploadId=${this.#uploadId}`;
    return {
      method: 'POST',
      head: Buffer.from(this.#signer.headOf({ method: 'POST', path, body }), 'latin1'),
      body,
      expected: { status: 200 },
      next: ({ document }) => {
        // S3 may answer 200 and tell of an error in the document.
        const etag = /<ETag>([^<]+)<\/ETag>/.exec(document)?.[1];
        if (etag === undefined) throw new Error(`an upload was not completed:\n${document.slice(0, 800)}`);
        this.#onEtag(etag.replaceAll('&quot;', '"').replaceAll('&#34;', '"'));
        return undefined;
      },
    };
  }
}
