import type { Tag } from '../domain/tagging.ts';
import { recordType } from './record-type.ts';
import { asIs, sparseFields } from './sparse-fields.ts';
import { packTags, unpackTags } from './tag-fields.ts';

/** An OpenID Connect provider whose tokens the roles of an account may trust. */
export interface OidcProviderRecord extends OidcProviderAttributes {
  readonly accountId: string;
  /** Without `https://`, as its ARN ends: `id.example.com/realms/x`. */
  readonly url: string;
  /** Audiences. */
  readonly clientIds: readonly string[];
  /** SHA-1 of certificates, as IAM keeps them; TLS is verified against the usual authorities all the same. */
  readonly thumbprints: readonly string[];
  readonly createdAt: number;
  readonly tags: readonly Tag[];
}

interface OidcProviderAttributes {
  /** It is reached by `http://`, which is taken of hosts in the networks of the setting `outboundAllow` alone. */
  readonly plainHttp?: true | undefined;
}

const attributes = sparseFields<OidcProviderAttributes>({ plainHttp: asIs<true>(0) });

export const oidcProviderRecordType = recordType<OidcProviderRecord>({
  name: 'oidc-provider',
  version: 1,
  migrations: [],
  toFields: (p) => [p.accountId, p.url, p.clientIds, p.thumbprints, p.createdAt, packTags(p.tags), attributes.pack(p)],
  fromFields: (f) => ({
    accountId: f[0] as string,
    url: f[1] as string,
    clientIds: f[2] as string[],
    thumbprints: f[3] as string[],
    createdAt: f[4] as number,
    tags: unpackTags(f[5]),
    ...attributes.unpack(f[6]),
  }),
});
