import ipaddr from 'ipaddr.js';
import { type IpNetwork, isInNetwork, parseIpAddress } from './policy/ip-network.ts';

/**
 * Whether the server may connect to an address because somebody configured it (a webhook, a broker, another store).
 * Only what the public internet routes is open by itself: loopback, private, link-local (where clouds serve their
 * credentials), multicast and reserved ranges must be listed, or a tenant could reach what only the server can. An
 * IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) is not looked for: those ranges are closed as well.
 */
export function mayConnectTo(address: string, allowed: readonly IpNetwork[]): boolean {
  const parsed = parseIpAddress(address);
  if (parsed === undefined) return false;
  if (allowed.some((network) => isInNetwork(network, parsed))) return true;
  return isPublic(address);
}

function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  // Global unicast is 2000::/3 (RFC 4291 section 2.4); the library calls all that has no name of its own unicast.
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0]! & 0xe0) === 0x20;
}
