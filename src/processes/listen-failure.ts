import type { Settings } from '../settings.ts';

/** The host to bind; undefined for all interfaces. */
export const listenHost = ({ host }: Settings): string | undefined => (host === '' ? undefined : host);

/** Why the server cannot listen, in one line that names the setting to change. */
export function listenFailure(error: Error, { host, port }: Settings): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const where = host === '' ? 'all interfaces' : host;
  switch (code) {
    case 'EADDRINUSE':
      return `CAIRN_PORT: ${port} is not free on ${where}: another program listens there; stop it or choose another port`;
    case 'EACCES':
      return `CAIRN_PORT: ${port} is not allowed to this user: choose a port from 1024 up, or grant the right to bind it`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `CAIRN_HOST: ${JSON.stringify(host)} is not allowed: it must be an address of this machine`;
    default:
      return `cannot listen on ${where}, port ${port}: ${message}`;
  }
}
