import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../src/host/client-address.ts';

const PROXY = '192.0.2.250';
const seen = (hops: number, forwarded?: string) =>
  clientAddress(
    {
      socket: { remoteAddress: PROXY } as Socket,
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    },
    hops,
  );

describe('DS-12 where a request comes from', () => {
  it.each(['203.0.113.7', '203.0.113.7, 198.51.100.1', 'garbage', ''])(
    'DS-12 is the peer with 0 hops, told %j',
    (told) => {
      expect(seen(0, told)).toBe(PROXY);
    },
  );

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['10.0.0.1, 203.0.113.7', '203.0.113.7'],
    ['garbage,203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
    ['203.0.113.7, garbage', PROXY],
    ['fe80::1%eth0', PROXY],
    ['203.0.113.7,', PROXY],
    ['', PROXY],
    ['unknown', PROXY],
    ['1'.repeat(10_000), PROXY],
  ])('DS-12 is what the one proxy tells: %j is %s', (told, address) => {
    expect(seen(1, told)).toBe(address);
  });

  it('DS-12 is the peer where no proxy has told anything', () => {
    expect(seen(1)).toBe(PROXY);
  });

  it.each([
    ['203.0.113.7, 198.51.100.1', '203.0.113.7'],
    ['6.6.6.6, 203.0.113.7, 198.51.100.1', '203.0.113.7'],
    ['198.51.100.1', '198.51.100.1'],
    ['garbage, 198.51.100.1', '198.51.100.1'],
  ])('DS-12 is what the outer of two proxies tells: %j is %s', (told, address) => {
    expect(seen(2, told)).toBe(address);
  });

  it('DS-12 does not depend on anything further left than the proxies that are trusted', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.string())), fc.ipV4(), (left, real) => {
        expect(seen(1, [...left, real].join(', '))).toBe(real);
      }),
    );
  });
});
