import { fileURLToPath } from 'node:url';

const certificates = new URL('../start/certificates/', import.meta.url);

/** A certificate of localhost and 127.0.0.1, its own authority: what clients are told to trust. */
export const certificateFile = fileURLToPath(new URL('test-only-first.crt', certificates));

/** Settings of a server that speaks HTTPS with it. */
export const httpsSettings = {
  CAIRN_TLS_CERT: certificateFile,
  CAIRN_TLS_KEY: fileURLToPath(new URL('test-only-first.key', certificates)),
} as const;
