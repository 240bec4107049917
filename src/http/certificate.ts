import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads a certificate and its key, and throws, in one line, where they cannot serve: unreadable, damaged, not belonging together. */
export function readCertificate(files: CertificateFiles): Certificate {
  try {
    const certificate = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
    createSecureContext(certificate);
    return certificate;
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`CAIRN_TLS_CERT: ${files.cert} and the key ${files.key} cannot serve: ${reason}`, { cause: error });
  }
}

/** Long enough for a tool to replace both files, which seldom happens in one step. */
const settleMilliseconds = 200;
/** For file systems that tell nothing of changes. */
const pollMilliseconds = 60_000;

/**
 * Watches the directories of the files, not the files: renewals replace them by renaming, and Kubernetes by swapping a
 * symbolic link. `onNew` gets a pair that serves, `onBad` why a changed pair does not, once for each change.
 */
export function watchCertificate(
  files: CertificateFiles,
  events: { onNew(certificate: Certificate): void; onBad(error: Error): void },
): { check(): void; close(): void } {
  let known = readCertificate(files);
  let lastComplaint = '';
  const check = () => {
    try {
      const found = readCertificate(files);
      lastComplaint = '';
      if (found.cert.equals(known.cert) && found.key.equals(known.key)) return;
      known = found;
      events.onNew(found);
    } catch (error) {
      if ((error as Error).message === lastComplaint) return;
      lastComplaint = (error as Error).message;
      events.onBad(error as Error);
    }
  };
  let settling: NodeJS.Timeout | undefined;
  const soon = () => {
    clearTimeout(settling);
    settling = setTimeout(check, settleMilliseconds).unref();
  };
  const watchers = [...new Set([dirname(files.cert), dirname(files.key)])].map((directory): FSWatcher => {
    const watcher = watch(directory, { persistent: false }, soon);
    watcher.on('error', () => watcher.close());
    return watcher;
  });
  const poll = setInterval(check, pollMilliseconds).unref();
  return {
    check,
    close() {
      clearTimeout(settling);
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
    },
  };
}
