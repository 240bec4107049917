import type { RemoteServer } from '../../remote/server-context.ts';
import { ServerError } from '../../remote/server-error.ts';

/** What is asked of IAM about a key, and of Cairn's own service where it is a service account. */
interface KeyChange {
  readonly iam: string;
  readonly cairn: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Asks for a change of a key, whosever it is: IAM wants the user's name beside the key's. */
export async function changeKey(
  server: RemoteServer,
  { accessKeyId: AccessKeyId, user }: { readonly accessKeyId: string; readonly user: string | undefined },
  { iam, cairn, parameters = {} }: KeyChange,
): Promise<void> {
  const UserName = user ?? (await userOf(server, AccessKeyId));
  const ways = [
    () => server.call('iam', iam, { ...parameters, AccessKeyId, UserName }),
    // The root's keys are under a name that is no user's: it may ask for its own without one.
    ...(user === undefined && UserName !== undefined
      ? [() => server.call('iam', iam, { ...parameters, AccessKeyId })]
      : []),
    () => server.call('cairn', cairn, { ...parameters, AccessKeyId }),
  ];
  let first: unknown;
  for (const way of ways) {
    try {
      await way();
      return;
    } catch (error) {
      first ??= error;
      if (!(error instanceof ServerError && error.code === 'NoSuchEntity')) break;
    }
  }
  throw first;
}

async function userOf(server: RemoteServer, AccessKeyId: string): Promise<string | undefined> {
  try {
    const { UserName } = await server.call<{ UserName?: string }>('iam', 'GetAccessKeyLastUsed', { AccessKeyId });
    return UserName;
  } catch (error) {
    // Who may not ask it may still change keys of his own.
    if (error instanceof ServerError && (error.code === 'AccessDenied' || error.code === 'NoSuchEntity'))
      return undefined;
    throw error;
  }
}
