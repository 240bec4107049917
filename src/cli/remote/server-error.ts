import type { QueryServiceName } from './service-names.ts';

/** Exit codes of commands over the wire: what went wrong, for scripts. */
export const exitCodes = { failure: 1, usage: 2, refused: 3, notThere: 4 } as const;

interface Details {
  readonly service: QueryServiceName;
  readonly action: string;
  /** AWS's code: `NoSuchEntity`, `AccessDenied` … */
  readonly code: string;
  readonly message: string;
  readonly status: number;
  /** Undefined where an answer was not one of the server's own. */
  readonly requestId: string | undefined;
}

/** The server's refusal of a request. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly details: Details;

  constructor(details: Details) {
    super(details.message);
    this.details = details;
  }

  get code(): string {
    return this.details.code;
  }

  /** For `process.exitCode`. */
  get exitCode(): number {
    if (isRefusal(this.details)) return exitCodes.refused;
    return notThere.has(this.code) ? exitCodes.notThere : exitCodes.failure;
  }

  /** One line: what was not done, and what to do next. */
  get line(): string {
    return oneLine(`${this.message}${this.#advice()}`);
  }

  #advice(): string {
    const { service, action, requestId } = this.details;
    if (this.code === 'AccessDenied' && requestId !== undefined) {
      const right = `${service}:${action}`;
      return `${ended(this.message)} To learn why: cairn why ${requestId}; or ask an administrator for the right to ${right}.`;
    }
    const advice = adviceFor[this.code];
    return advice === undefined ? '' : `${ended(this.message)} ${advice}`;
  }
}

/** What stands on the way before any action runs: the connection, a profile, an option. */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';
  readonly exitCode: number;

  constructor(
    message: string,
    { exitCode = exitCodes.failure as number, cause }: { exitCode?: number; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.exitCode = exitCode;
  }

  get line(): string {
    return oneLine(this.message);
  }
}

/** Something in the command itself that cannot be done. */
export function usageFailure(message: string): RemoteFailure {
  return new RemoteFailure(message, { exitCode: exitCodes.usage });
}

const credentialsAdvice = 'See which credentials are used: cairn profile show; which they are of: cairn whoami.';
const adviceFor: Readonly<Record<string, string>> = {
  InvalidClientTokenId: `The access key is not known here, or disabled. ${credentialsAdvice}`,
  SignatureDoesNotMatch: `Is the secret key right, and the clock of this machine? ${credentialsAdvice}`,
  ExpiredToken: 'Get a new session, for example by: cairn role assume.',
  MissingAuthenticationToken: `No credentials were sent. ${credentialsAdvice}`,
  InvalidAction: 'This server is older than this command, or does not support it.',
  Throttling: 'Try again in a while.',
};

const notThere = new Set(['NoSuchEntity', 'NoSuchTenant', 'ResourceNotFoundException']);
const refusals = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'MissingAuthenticationToken',
  'SignatureDoesNotMatch',
]);

function isRefusal({ code, status }: Details): boolean {
  return status === 401 || refusals.has(code);
}

/** What is missing of a full stop. */
const ended = (message: string): string => (/[.!?]$/.test(message) ? '' : '.');
/** Answers of others may have anything in them: no line breaks, no control characters that a terminal would obey. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trim();
