import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/core/public-address.ts';

const SPECIAL_IPV4 = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
];
const PUBLIC_IPV4 = ['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '192.0.1.1', '223.255.255.254'];

const hex = (ipv4: string): string => {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
};

describe('isPublicAddress', () => {
  it.each(SPECIAL_IPV4)('CI-02 refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(PUBLIC_IPV4)('CI-02 takes the public address %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '::',
    '::1',
    '::8.8.8.8',
    'fc00::1',
    'fdff:ffff::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '100::1',
    '64:ff9b:1::808:808',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:808:808::1',
    '2620:4f:8000::1',
    '3fff::1',
    '5f00::1',
    '2606:4700::1111%eth0',
  ])('CI-02 refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450::1', '2400:cb00::1'])(
    'CI-02 takes the public address %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it('CI-02 refuses every IPv4-mapped address in both spellings, and 6to4', () => {
    for (const ipv4 of [...SPECIAL_IPV4, ...PUBLIC_IPV4]) {
      expect(isPublicAddress(`::ffff:${ipv4}`)).toBe(false);
      expect(isPublicAddress(`::ffff:${hex(ipv4)}`)).toBe(false);
      expect(isPublicAddress(`2002:${hex(ipv4)}::1`)).toBe(false);
    }
  });

  it('CI-02 judges an address behind NAT64 by the IPv4 address inside', () => {
    for (const ipv4 of SPECIAL_IPV4) {
      expect(isPublicAddress(`64:ff9b::${ipv4}`)).toBe(false);
      expect(isPublicAddress(`64:ff9b::${hex(ipv4)}`)).toBe(false);
    }
    for (const ipv4 of PUBLIC_IPV4) {
      expect(isPublicAddress(`64:ff9b::${ipv4}`)).toBe(true);
      expect(isPublicAddress(`64:ff9b::${hex(ipv4)}`)).toBe(true);
    }
  });

  it.each([
    '',
    'localhost',
    '127.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '8.8.8',
    '8.8.8.8.8',
    '08.8.8.8',
    '[::1]',
  ])('CI-02 refuses %j, which is no address in its one spelling', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });

  it('never takes an address of a private network, whatever its last bytes are', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const prefixes = fc.constantFrom('10.', '127.', '0.', '240.', '255.');
    fc.assert(
      fc.property(prefixes, byte, byte, byte, (prefix, a, b, c) => {
        expect(isPublicAddress(`${prefix}${a}.${b}.${c}`)).toBe(false);
        expect(isPublicAddress(`::ffff:${prefix}${a}.${b}.${c}`)).toBe(false);
      }),
    );
  });
});
