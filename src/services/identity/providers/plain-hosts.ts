import { mayConnectTo } from '../../../domain/outbound-address.ts';
import { type OutboundGuard, OutboundRefusedError } from '../../outbound/outbound-guard.ts';

/**
 * Whether a host may be asked without TLS: one that leads into a network that is not public, and that the operator has
 * opened. A name that leads nowhere does not.
 */
export async function isPlainHost(guard: OutboundGuard, host: string): Promise<boolean> {
  try {
    const { address } = await guard.resolve(host);
    return !mayConnectTo(address, []);
  } catch (error) {
    if (error instanceof OutboundRefusedError || (error as NodeJS.ErrnoException).code !== undefined) return false;
    throw error;
  }
}
