import * as z from 'zod';

/**
 * What is not somewhere on the public internet: RFC 6890 and its registry, and what clouds keep for themselves.
 * The addresses of documentation are left out: nobody has secrets there, and closed networks give them to their
 * mirrors of public registries.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  // Azure's address for its machines.
  '168.63.129.16/32',
  '172.16.0.0/12',
  // Oracle's older address for metadata is in it.
  '192.0.0.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
] as const;

/** All that is public in IPv6 lies here. */
const GLOBAL_IPV6 = '2000::/3';
/** The protocols' own, Teredo among them; documentation; 6to4. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'] as const;
const IPV4_IN_IPV6 = '::ffff:0:0/96';

/**
 * False for addresses of the machine itself, of private networks, of cloud metadata and of special uses, for
 * multicast, and for what is no address at all.
 */
export function isPublicAddress(address: string): boolean {
  if (z.ipv4().safeParse(address).success) return isPublicIpv4(ipv4Bits(address));
  const bits = ipv6Bits(address);
  if (bits === null) return false;
  if (inIpv6(bits, IPV4_IN_IPV6)) return isPublicIpv4(bits & 0xffffffffn);
  return inIpv6(bits, GLOBAL_IPV6) && !SPECIAL_IPV6.some((network) => inIpv6(bits, network));
}

const isPublicIpv4 = (bits: bigint): boolean =>
  !SPECIAL_IPV4.some((network) => {
    const { base, prefix } = splitNetwork(network);
    return isWithin(bits, ipv4Bits(base), 32 - prefix);
  });

function inIpv6(bits: bigint, network: string): boolean {
  const { base, prefix } = splitNetwork(network);
  const start = ipv6Bits(base);
  return start !== null && isWithin(bits, start, 128 - prefix);
}

const isWithin = (bits: bigint, start: bigint, freeBits: number): boolean =>
  bits >> BigInt(freeBits) === start >> BigInt(freeBits);

function splitNetwork(network: string): { readonly base: string; readonly prefix: number } {
  const slash = network.indexOf('/');
  return { base: network.slice(0, slash), prefix: Number(network.slice(slash + 1)) };
}

const ipv4Bits = (address: string): bigint =>
  address.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);

/** Null for what is no IPv6 address, and for one with a zone, which is never public. */
function ipv6Bits(address: string): bigint | null {
  if (!/^[0-9a-f:.]+$/i.test(address) || !address.includes(':') || !URL.canParse(`http://[${address}]/`))
    return null;
  // A URL has every way of writing an address written in one: groups in hexadecimal, one gap at most.
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const gap = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...gap, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

const groupsOf = (text: string): readonly string[] => text.split(':').filter((group) => group !== '');
