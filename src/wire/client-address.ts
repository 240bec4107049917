import { BlockList, isIP, isIPv6 } from 'node:net';

/** Who is really at the other end, where proxies that the operator trusts say so. */
export interface ClientAddress {
  readonly address: string;
  readonly secure: boolean;
  /** Whether a proxy said so: what is known of the connection is then the proxy's. */
  readonly isForwarded: boolean;
}

interface Connection {
  /** Of the connection's peer. */
  readonly address: string;
  readonly secure: boolean;
}

export type TrustedProxies = Pick<BlockList, 'check'>;

/** A list of addresses and networks (`10.0.0.0/8`); throws for what is neither. */
export function trustedProxies(networks: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * The client's address and whether it came by TLS. `X-Forwarded-For` and `X-Forwarded-Proto` count only where the peer
 * is a trusted proxy, and of the addresses only those that trusted proxies added: read from the right, up to and with
 * the first one that is not a trusted proxy. Everything left of it is the client's own claim.
 */
export function clientAddress(
  connection: Connection,
  headers: Readonly<Record<string, string | undefined>>,
  trusted: TrustedProxies,
): ClientAddress {
  const forwarded = headers['x-forwarded-for'];
  const protocol = headers['x-forwarded-proto'];
  const peer = plainAddress(connection.address);
  if ((forwarded === undefined && protocol === undefined) || !isTrusted(trusted, peer)) {
    return { address: peer, secure: connection.secure, isForwarded: false };
  }
  let address = peer;
  const hops = forwarded?.split(',') ?? [];
  for (let i = hops.length - 1; i >= 0 && isTrusted(trusted, address); i--) {
    const hop = plainAddress(withoutPort(hops[i]!.trim()));
    if (isIP(hop) === 0) break;
    address = hop;
  }
  const protocols = protocol?.split(',').map((name) => name.trim().toLowerCase());
  // One proxy overwrites what another said, or adds to it: a single leg in the clear is enough to be overheard.
  const secure = protocols?.every((name) => name === 'https') ?? connection.secure;
  return { address, secure, isForwarded: true };
}

function isTrusted(trusted: TrustedProxies, address: string): boolean {
  return isIP(address) !== 0 && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** IPv4 addresses that came through an IPv6 socket are shown as what they are. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** `1.2.3.4:567` and `[::1]:567`, as some proxies write them. */
function withoutPort(text: string): string {
  const match = /^\[([^\]]+)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text);
  return match?.[1] ?? match?.[2] ?? text;
}
