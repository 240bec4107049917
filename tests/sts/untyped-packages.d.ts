/** Only what the tests use of packages that bring no types for it. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export default class Provider {
    constructor(issuer: string, configuration: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}

declare module 'minio/dist/esm/AssumeRoleProvider.mjs' {
  export class AssumeRoleProvider {
    constructor(options: {
      readonly stsEndpoint: string;
      readonly accessKey: string;
      readonly secretKey: string;
      readonly policy?: string;
      readonly durationSeconds?: number;
    });
    getCredentials(): Promise<{
      readonly accessKey: string;
      readonly secretKey: string;
      readonly sessionToken: string;
    }>;
  }
}
