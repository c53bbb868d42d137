import ipaddr from 'ipaddr.js';

/** The addresses that the internet routes (RFC 4291 §2.4). Everything that embeds or stands for IPv4 is judged below. */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
/** The well-known prefix that carries an IPv4 address for hosts without IPv4 (RFC 6052 §2.1). */
const NAT64 = ipaddr.IPv6.parse('64:ff9b::');
/** Held back although they route: tunnels (RFC 4380, 3056), benchmarks, documentation and other special uses (RFC 6890). */
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];
const specialIPv6 = SPECIAL_IPV6.map(([prefix, bits]) => [ipaddr.IPv6.parse(prefix), bits] as const);

/**
 * Whether an IP address is one that anybody on the internet may be reached at. False for private, shared, loopback,
 * link-local, multicast, documentation, benchmark, tunnel and reserved ranges (RFC 6890) in any spelling, for
 * IPv4-mapped IPv6, for NAT64 of an IPv4 address that is not public, and for a text that is no address.
 */
export function isPublicAddress(address: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address).range() === 'unicast';
  if (!ipaddr.IPv6.isValid(address)) return false;
  const ip = ipaddr.IPv6.parse(address);
  if (ip.zoneId) return false;
  if (ip.match(NAT64, 96)) return isPublicAddress(ip.toByteArray().slice(12).join('.'));
  return (
    ip.match(GLOBAL_UNICAST, 3) &&
    ip.range() === 'unicast' &&
    !specialIPv6.some(([prefix, bits]) => ip.match(prefix, bits))
  );
}
