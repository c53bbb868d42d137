import type { LocalProvider } from '../src/gate/provider.ts';

/**
 * Our own authorization server with accounts kept in the host's store (`gatehouse user add`), and machine clients
 * (`gatehouse machine add`). For local use, for teams without an identity provider, and for machine-to-machine.
 */
export const local = (): LocalProvider => ({ kind: 'local', name: 'local' });
