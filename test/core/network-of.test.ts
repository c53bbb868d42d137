import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkOf, wideNetworkOf } from '../../src/core/network-of.ts';

describe('a place on the network', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['2001:db8:1:2::1', '20010db800010002'],
    ['2001:0db8:1:2:ffff:ffff:ffff:ffff', '20010db800010002'],
    ['2001:db8:1:3::1', '20010db800010003'],
    ['nonsense', 'unknown'],
    ['192.0.2.1.example', 'unknown'],
    ['0x7f.1', 'unknown'],
    ['', 'unknown'],
  ])('RG-20 DS-12 of %s is %s', (address, place) => {
    expect(networkOf(address)).toBe(place);
  });

  it.each([
    ['192.0.2.1', '192.0.2'],
    ['::ffff:192.0.2.255', '192.0.2'],
    ['192.0.3.1', '192.0.3'],
    ['2001:db8:1:2::1', '20010db80001'],
    ['2001:db8:1:ffff::1', '20010db80001'],
    ['2001:db8:2:2::1', '20010db80002'],
    ['nonsense', 'unknown'],
  ])('RG-20 of %s lies in %s', (address, network) => {
    expect(wideNetworkOf(address)).toBe(network);
  });

  it('RG-20 is the same for all addresses of a /64, and for an IPv4 address in both its forms', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), fc.nat({ max: 0xffff }), (ipv4, ipv6, last) => {
        expect(networkOf(`::ffff:${ipv4}`)).toBe(networkOf(ipv4));
        expect(networkOf(`2001:db8:7:8:${(last ^ 1).toString(16)}::${last.toString(16)}`)).toBe('20010db800070008');
        expect(networkOf(ipv6)).not.toBe('unknown');
      }),
    );
  });
});
