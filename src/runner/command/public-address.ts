import { BlockList, isIP, isIPv6 } from 'node:net';

const RESERVED: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  // Azure's address for its machines.
  ['168.63.129.16', 32],
  ['172.16.0.0', 12],
  // Oracle's older address for metadata is in it.
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 96],
  // IPv4 addresses dressed as IPv6: Teredo and 6to4.
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
];

/** False for addresses of the machine itself, of private networks, of cloud metadata, and for multicast. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !reserved().check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function reserved(): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of RESERVED) {
    list.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return list;
}
