import { Resolver } from 'node:dns/promises';

/** All addresses of a host name. Rejects when there is none; gives up when the signal fires. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Asks the name servers for A and AAAA records. Not the operating system: its resolver blocks a thread that password
 * hashing and files need too, cannot be called off, and reads names that are local to this machine.
 */
export const resolveName: Resolve = async (hostname, signal) => {
  const resolver = new Resolver();
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    throw answers.find((answer) => answer.status === 'rejected')?.reason ?? new Error('no addresses');
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};
