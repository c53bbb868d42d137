import type { Store } from '../../../src/store/store.ts';
import { LIFE } from './fill.ts';
import type { MadeCode, Setup } from './setup.ts';
import { copier, idsAt } from './sign-in-records.ts';

/** Sign-ins whose codes are made on demand have numbers beyond all that a store was filled with. */
const BEYOND = 1_000_000_000;

/** Puts the machine, and clients with their people where the store was not filled, into the store of a host. The answer makes a code for one of its clients, any of them. */
export async function seed(
  store: Store,
  { base, signIn, clients, filled }: Pick<Setup, 'base' | 'signIn' | 'clients' | 'filled'>,
): Promise<() => Promise<MadeCode>> {
  const copy = copier(signIn);
  const put = async (part: Parameters<typeof copy>[0], client: number, grant: number) => {
    for (const { name, value } of copy(part, { base, client, grant })) await store.put(name, value, LIFE);
  };
  await put('machine', 0, 0);
  for (let client = 0; client < clients && !filled; client++) {
    await put('account', client, 0);
    await put('client', client, 0);
  }
  let made = BEYOND;
  return async () => {
    const client = Math.floor(Math.random() * clients);
    const grant = made;
    made += 1;
    await put('code', client, grant);
    const ids = idsAt({ client, grant });
    return { client: ids.client, code: ids.code };
  };
}
