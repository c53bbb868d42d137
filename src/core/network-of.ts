import ipaddr from 'ipaddr.js';

/**
 * What counts as one place on the network, as text: an IPv4 address, mapped into IPv6 (RFC 4291 §2.5.5.2) or not, or the
 * /64 that one IPv6 household has. `unknown` for what is no address.
 */
export const networkOf = (address: string): string => prefixOf(address, { ipv4: 4, ipv6: 8 });

/**
 * What one tenant of a network can have of it, as text: the /24 of an IPv4 address, the /48 of an IPv6 address. `unknown`
 * for what is no address.
 */
export const wideNetworkOf = (address: string): string => prefixOf(address, { ipv4: 3, ipv6: 6 });

/** The first bytes of an address. */
function prefixOf(address: string, bytes: { readonly ipv4: number; readonly ipv6: number }): string {
  const isIpv4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!isIpv4 && !ipaddr.IPv6.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toByteArray().slice(0, bytes.ipv4).join('.');
  const prefix = parsed.toByteArray().slice(0, bytes.ipv6);
  return prefix.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
