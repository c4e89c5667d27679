import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/domain/public-address.ts';

describe('isPublicAddress', () => {
  it.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1::1', '2A00:1450::8.8.8.8', '::ffff:8.8.8.8'])(
    'takes %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each(
    `0.0.0.0 10.0.0.1 100.100.100.200 127.8.8.8 169.254.169.254 172.31.0.1 192.168.1.1 224.0.0.1 255.255.255.255
     198.18.0.1 168.63.129.16 192.0.0.192 127.1 0x7f.0.0.1 2130706433 1.2.3.4.5 localhost example.com
     :: ::1 ::ffff:127.0.0.1 ::ffff:7f00:1 0:0:0:0:0:ffff:a9fe:a9fe ::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::1 fd00::1
     fe80::1 fe80::1%eth0 fec0::1 ff02::1 100::1 2001:0:a00:1::1 2001:db8::1 2002:a00:1::1 3fff::1 1::2::3 ]/`.split(
      /\s+/,
    ),
  )('refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('agrees with the machine’s own lists on private IPv4 addresses, written plainly or as IPv6', () => {
    const list = new BlockList();
    list.addSubnet('10.0.0.0', 8);
    list.addSubnet('172.16.0.0', 12);
    list.addSubnet('100.64.0.0', 10);
    const first = fc.constantFrom(10, 172, 100, 11, 9);
    fc.assert(
      fc.property(first, fc.nat(255), fc.nat(255), fc.nat(255), (...octets) => {
        const address = octets.join('.');
        expect(isPublicAddress(address)).toBe(!list.check(address));
        expect(isPublicAddress(`::ffff:${address}`)).toBe(!list.check(address));
      }),
    );
  });
});
