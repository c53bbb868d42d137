import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { accounts } from '../../src/authorization/accounts/accounts.ts';
import { machines } from '../../src/authorization/machines.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { KeyMachine, SecretMachine } from '../support/machine.ts';
import type { Deployment } from './deployment.ts';
import { withVault } from './later-version.ts';

/** Somebody with an account. */
export interface Person {
  readonly username: string;
  readonly password: string;
  readonly subject: string;
}

/** Everybody who uses a deployment. */
export interface Population {
  readonly people: readonly Person[];
  readonly secretMachine: SecretMachine;
  readonly keyMachine: KeyMachine;
}

/** Adds the accounts and machines, as its operator would. */
export function populate(deployment: Pick<Deployment, 'database' | 'keys'>, count: number): Promise<Population> {
  return withVault(deployment, async ({ store }) => {
    const parts = { store, clock: systemClock };
    const people: Person[] = [];
    for (let index = 0; index < count; index += 1) {
      const [username, password] = [`person${index}`, `the long password of person ${index}`];
      const { subject } = await accounts(parts).add({ username, password, scopes: 'all' });
      people.push({ username, password, subject });
    }
    const scopes = ['notes:read'];
    const withSecret = await machines(parts).add({ name: 'With a secret', scopes, secret: true });
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk: JsonWebKey = publicKey.export({ format: 'jwk' });
    const withKey = await machines(parts).add({ name: 'With a key', scopes, publicKey: jwk });
    return {
      people,
      secretMachine: { id: withSecret.clientId, secret: withSecret.clientSecret ?? '' },
      keyMachine: { id: withKey.clientId, key: privateKey },
    };
  });
}
