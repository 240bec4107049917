import { promises as dns, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { mayConnectTo } from '../../domain/outbound-address.ts';
import { parseIpNetwork } from '../../domain/policy/ip-network.ts';

/** An address that the server does not connect to because of a configuration: see the setting `outboundAllow`. */
export class OutboundRefusedError extends Error {
  readonly code = 'EOUTBOUND';
  constructor(host: string) {
    super(`${host} leads to an address that is not public: CAIRN_OUTBOUND_ALLOW must list its network`);
    this.name = 'OutboundRefusedError';
  }
}

/**
 * Decides which hosts that somebody configured may be connected to. A name is resolved once, and the connection goes to
 * an address of that answer: a name that leads elsewhere a moment later gains nothing by it.
 */
export interface OutboundGuard {
  /**
   * The `lookup` of `net.connect`, `tls.connect` and `http.request`. Node calls it for names only: call `checkLiteral`
   * as well.
   */
  readonly lookup: LookupFunction;
  /** Throws OutboundRefusedError where the host is an address, as such, that is refused. Brackets of IPv6 may be there. */
  checkLiteral(host: string): void;
  /** An address to connect to. Throws OutboundRefusedError where the host has none that is allowed. */
  resolve(host: string): Promise<LookupAddress>;
}

export type ResolveHost = (host: string) => Promise<readonly LookupAddress[]>;

const systemResolve: ResolveHost = (host) => dns.lookup(host, { all: true, verbatim: true });

/** `allow`: networks in CIDR form that are open although they are not public. */
export function outboundGuard(allow: readonly string[], resolveHost: ResolveHost = systemResolve): OutboundGuard {
  const networks = allow.flatMap((text) => parseIpNetwork(text) ?? []);

  async function allowedAddresses(host: string): Promise<readonly LookupAddress[]> {
    const bare = host.replace(/^\[|\]$/g, '');
    const family = isIP(bare);
    const found = family === 0 ? await resolveHost(bare) : [{ address: bare, family }];
    const allowed = found.filter(({ address }) => mayConnectTo(address, networks));
    if (allowed.length === 0) throw new OutboundRefusedError(host);
    return allowed;
  }

  return {
    lookup(host: string, options: LookupOptions, callback) {
      allowedAddresses(host).then(
        (addresses) => {
          const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : options.family;
          const fitting = family ? addresses.filter((found) => found.family === family) : addresses;
          const [first] = fitting;
          if (!first) callback(new OutboundRefusedError(host), '', 0);
          else if (options.all) callback(null, [...fitting]);
          else callback(null, first.address, first.family);
        },
        (error: Error) => callback(error, '', 0),
      );
    },
    checkLiteral(host) {
      const bare = host.replace(/^\[|\]$/g, '');
      if (isIP(bare) !== 0 && !mayConnectTo(bare, networks)) throw new OutboundRefusedError(host);
    },
    async resolve(host) {
      return (await allowedAddresses(host))[0]!;
    },
  };
}
