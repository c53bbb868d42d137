import ipaddr from 'ipaddr.js';

/**
 * Whether a host name of a URL leads to this machine, in any spelling: `localhost` and all names below it (RFC 6761 §6.3),
 * loopback and unspecified addresses, also mapped into IPv6. To be refused by; what is trusted as local is `isLoopbackHost`.
 */
export function leadsToThisMachine(hostname: string): boolean {
  const name = hostname
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[|\]$/g, '');
  if (/(?:^|\.)localhost$/.test(name)) return true;
  return ipaddr.isValid(name) && ['loopback', 'unspecified'].includes(ipaddr.process(name).range());
}
