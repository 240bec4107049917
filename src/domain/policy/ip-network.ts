/** An address as four words of 32 bits; IPv4 is held in its IPv4-mapped form (RFC 4291 section 2.5.5.2). */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

/** A range of addresses. */
export interface IpNetwork {
  readonly address: IpAddress;
  /** Bits that are fixed, of 128; those of IPv4 are counted behind the 96 bits of the mapped form. */
  readonly prefixLength: number;
}

const mappedBits = 96;
const allBits = 128;

/**
 * Reads an IPv4 or IPv6 address. An IPv4-mapped IPv6 address is the IPv4 address that it stands for: a listener on
 * both families sees IPv4 clients in that form. A zone (`fe80::1%eth0`) is left out. Undefined where it is no address.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const word = parseIpv4(text, 0);
    return word === undefined ? undefined : { family: 4, words: [0, 0, 0xffff, word] };
  }
  const zone = text.indexOf('%');
  const words = parseIpv6(zone < 0 ? text : text.slice(0, zone));
  if (words === undefined) return undefined;
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return { family: isMapped ? 4 : 6, words };
}

/** Reads an address or a CIDR range (RFC 4632); host bits behind the prefix are ignored. Undefined where it is neither. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  if (text.includes('%')) return undefined;
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash < 0) return { address, prefixLength: allBits };
  const bits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(bits)) return undefined;
  const isWrittenAsIpv6 = text.includes(':');
  const prefixLength = Number(bits) + (isWrittenAsIpv6 ? 0 : mappedBits);
  if (prefixLength > allBits) return undefined;
  // `::ffff:0:0/64` is a range of IPv6, whatever its first address looks like.
  const family = prefixLength >= mappedBits ? address.family : 6;
  return { address: { family, words: address.words }, prefixLength };
}

export function isInNetwork(network: IpNetwork, address: IpAddress): boolean {
  if (network.address.family !== address.family) return false;
  for (let i = 0; i < 4; i++) {
    const bits = Math.min(32, network.prefixLength - i * 32);
    if (bits <= 0) return true;
    const difference = network.address.words[i]! ^ address.words[i]!;
    if (difference >>> (32 - bits) !== 0 && bits < 32) return false;
    if (bits === 32 && difference !== 0) return false;
  }
  return true;
}

/** The fixed bits in the range's own family: 8 for `10.0.0.0/8`, 32 for `2001:db8::/32`. */
export function fixedBits(network: IpNetwork): number {
  return network.address.family === 4 ? network.prefixLength - mappedBits : network.prefixLength;
}

function parseIpv4(text: string, from: number): number | undefined {
  let word = 0;
  let octet = -1;
  let octets = 0;
  let digits = 0;
  for (let i = from; i <= text.length; i++) {
    const unit = i < text.length ? text.charCodeAt(i) : 0x2e;
    if (unit === 0x2e) {
      if (octet < 0 || ++octets > 4) return undefined;
      word = word * 256 + octet;
      octet = -1;
      digits = 0;
    } else {
      if (unit < 0x30 || unit > 0x39 || digits === 3 || octet === 0) return undefined;
      octet = (octet < 0 ? 0 : octet) * 10 + unit - 0x30;
      digits++;
      if (octet > 255) return undefined;
    }
  }
  return octets === 4 ? word : undefined;
}

const group = /^[0-9a-fA-F]{1,4}$/;

function parseIpv6(text: string): [number, number, number, number] | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number) => ((groups[i]! << 16) | groups[i + 1]!) >>> 0;
  return [word(0), word(2), word(4), word(6)];
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const word = parseIpv4(part, 0);
      if (word === undefined) return undefined;
      groups.push(word >>> 16, word & 0xffff);
    } else if (group.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}
