import ipaddr from 'ipaddr.js';

/**
 * What counts as one place on the network, as text: an IPv4 address, mapped into IPv6 (RFC 4291 §2.5.5.2) or not, or the
 * /64 that one IPv6 household has. `unknown` for what is no address.
 */
export function networkOf(address: string): string {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return address;
  if (!ipaddr.IPv6.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return parsed
    .toByteArray()
    .slice(0, 8)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
