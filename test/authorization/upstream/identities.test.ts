import { expect, test } from 'vitest';
import { identities } from '../../../src/authorization/upstream/identities.ts';
import { memoryStore } from '../../../src/store/memory.ts';

const clock = () => 1000;
const ada = { subject: 'ada-1', username: 'ada', claims: {} };
const at = (issuer: string) => ({ name: 'oidc', server: { issuer }, grants: () => 'all' as const });

test('people of one provider are not those of another that was given its name', async () => {
  const store = memoryStore({ clock });
  const [before, after] = [at('https://id.example'), at('https://other.example')];
  const old = identities({ store, clock, life: 60, providers: [before] });
  await old.keep(before, ada);
  const moved = identities({ store, clock, life: 60, providers: [after] });

  expect(await old.find('oidc:ada-1')).toMatchObject({ subject: 'oidc:ada-1', username: 'ada' });
  expect(await moved.find('oidc:ada-1')).toBeUndefined();
  await moved.keep(after, ada);
  expect(await moved.find('oidc:ada-1')).toMatchObject({ username: 'ada' });
});
