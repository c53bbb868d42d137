import { randomBytes } from 'node:crypto';
import { epochsOf } from '../authorization/epochs.ts';
import type { Config } from '../config.ts';
import { nonces } from '../gate/dpop/nonces.ts';
import { createProofs, type Proofs } from '../gate/dpop/proofs.ts';
import { hasServerState } from '../store/shared-server.ts';
import type { Vault } from './state.ts';
import { nonceKeys } from './state-keys.ts';

/** The proofs that DPOP allows, each good once on every node that shares the store. Undefined where it allows none. */
export async function proofsOver({ store, backend, clock }: Vault, config: Config): Promise<Proofs | undefined> {
  if (config.dpop === 'off') return undefined;
  const epochs = epochsOf({ store, clock, ...(hasServerState(backend) && { epoch: backend.epoch }) });
  // Noticed before anybody shows a proof.
  await epochs.began();
  return createProofs({
    required: config.dpop === 'require',
    nonces: nonces(nonceKeys(config) ?? [randomBytes(32)], clock),
    nonceRequired: config.dpopNonce === 'require',
    remember: (name, ttl) => store.putIfAbsent(`dpop_proof:${name}`, '1', ttl),
    epochBegan: epochs.began,
    clock,
  });
}
