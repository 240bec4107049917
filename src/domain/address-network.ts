import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whom an address counts for: itself, or of IPv6, where one customer has them by the billion, its /64. What is no
 * address counts for itself.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  // Zones are names of the machine's own.
  const { parts } = ipaddr.IPv6.parse(address.replace(/%.*$/, ''));
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
