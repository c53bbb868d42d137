import { signingKeyManagement } from '../authorization/rotate-signing-keys.ts';
import { signingKeyOverlap } from '../authorization/signing-key-times.ts';
import type { Config } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { withVault } from './open.ts';
import { UsageError } from './usage.ts';

/** How long a key verifies after the next one has begun to sign, as a server with these settings has it. */
export const overlapOf = ({ accessTokenLifetime, machineTokenLifetime }: Config): number =>
  signingKeyOverlap({ userAccess: accessTokenLifetime, machineAccess: machineTokenLifetime });

/** `keys rotate --signing`: for every node at once, without a restart. */
export async function rotateSigningKey(): Promise<void> {
  await withVault(async ({ store, config }) => {
    const management = signingKeyManagement({ store, clock: systemClock });
    if (!(await management.rotate(config.signingKeyLead))) {
      throw new UsageError('A new signing key waits for its time already: gatehouse keys list');
    }
    console.log(
      `A new signing key is published and signs in ${config.signingKeyLead} seconds. The one before verifies`,
    );
    console.log(`for ${overlapOf(config)} seconds more, until its last token has expired. No node needs a restart.`);
  });
}

/** `keys retire --signing`: the tokens of a key that leaked are refused within a second or so. */
export async function retireSigningKey(kid: string): Promise<void> {
  await withVault(async ({ store }) => {
    if (!(await signingKeyManagement({ store, clock: systemClock }).retire(kid))) {
      throw new UsageError(`There is no signing key ${kid}: gatehouse keys list`);
    }
    console.log(`Retired ${kid}. Every node refuses its tokens within a second; clients refresh and go on.`);
  });
}
