import { invalidArgument, StorageError } from '../../domain/errors.ts';
import type { PostFields, SizeRange } from '../../domain/post-policy.ts';
import type { Principal } from '../../domain/principal.ts';
import { type AuthenticationContext, afterSuccess } from '../../wire/authentication/authenticate.ts';
import { type AuthenticatedForm, authenticateForm } from '../../wire/authentication/authenticate-form.ts';
import type { RequestBody } from '../../wire/authentication/request-body.ts';
import type { RequestHead } from '../../wire/request-head.ts';
import { formHead, uploadFields } from './form-head.ts';
import { type MultipartForm, openForm } from './multipart-form.ts';

/** A browser's upload as far as its file: who signed it is known, its policy holds, and no byte of the file was taken. */
export interface FormUpload {
  readonly form: MultipartForm;
  /** The head that it would have as a PUT. */
  readonly head: RequestHead;
  readonly principal: Principal;
  readonly fields: PostFields;
  /** What the policy allows the file to be. */
  readonly sizes: SizeRange;
}

export interface FormReception {
  /** Who signed the request around the form: nobody may have. */
  readonly principal: Principal;
  readonly body: RequestBody;
  readonly authentication: AuthenticationContext;
}

async function signerOf(
  { clientAddress }: RequestHead,
  fields: PostFields,
  authentication: AuthenticationContext,
): Promise<AuthenticatedForm> {
  let authenticated: AuthenticatedForm;
  try {
    authenticated = await authenticateForm(fields, authentication);
  } catch (error) {
    authentication.attempts?.failed(error, clientAddress);
    throw error;
  }
  return afterSuccess(authentication, authenticated, clientAddress);
}

/** Reads and authenticates a form, and hands it to `use`; after that nothing is read of it any more. */
export async function receiveForm<T>(
  received: RequestHead,
  { principal: sender, body, authentication }: FormReception,
  use: (upload: FormUpload) => Promise<T>,
): Promise<T> {
  const contentType = received.headers['content-type'] ?? '';
  if (!/^multipart\/form-data(?:$|[ \t;])/i.test(contentType)) {
    throw new StorageError('PreconditionFailed', {
      fields: { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
    });
  }
  if (sender.kind !== 'anonymous') {
    const message = 'Only one auth mechanism allowed; a form is signed by its own fields';
    throw invalidArgument(message, 'Authorization', received.headers.authorization ?? '');
  }
  const { bucket = '' } = received.address;
  const form = await openForm(body, contentType);
  try {
    const fields = uploadFields(form, bucket);
    const { principal, sizes } = await signerOf(received, fields, authentication);
    const named = form.fields.get('bucket');
    if (named !== undefined && named !== bucket) {
      throw invalidArgument('The form names another bucket than the one that it was sent to.', 'bucket', named);
    }
    return await use({ form, head: formHead(received, fields), principal, fields, sizes });
  } finally {
    await form.close();
  }
}
