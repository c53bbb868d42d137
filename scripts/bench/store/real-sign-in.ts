import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHost } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { systemClock } from '../../../src/core/clock.ts';
import { keyRing } from '../../../src/store/key-ring.ts';
import { scanPages } from '../../../src/store/maintenance.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { nameOf, openRecord } from '../../../src/store/sealed-record.ts';
import { authorize, redeem } from '../../../test/support/signed-in.ts';
import { PASSWORDS } from '../../../test/support/world.ts';
import { benchServer } from './bench-server.ts';
import { type ClearRecord, kindOf, type SignInRecords } from './sign-in-records.ts';

/** Registers a client, signs a person in to it through the pages of a host, and tells what that left in its store. */
export async function realSignIn(key: string): Promise<SignInRecords> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const base = `http://localhost:${(server.address() as AddressInfo).port}`;
  const store = memoryStore();
  const ring = keyRing([key]);
  const host = createHost({ auth: local(), publicUrl: base, store, keys: [key], logLevel: 'error', shutdownGrace: 0 });
  host.mount('/notes', benchServer());
  await host.start();
  host.attach(server);
  try {
    await host.authorization.accounts.add({ username: 'ada', password: PASSWORDS.ada });
    const { clientId, clientSecret = '' } = await host.authorization.machines.add({
      name: 'bench',
      scopes: ['notes:read'],
      secret: true,
    });
    const authorized = await authorize(base);
    const answer = await redeem(base, authorized);
    const records: ClearRecord[] = [];
    for await (const page of scanPages(store, 1000)) {
      for (const { value } of page) {
        const name = nameOf(ring, value, systemClock()) ?? '';
        const record = openRecord(ring, name, value, systemClock());
        if (record.state === 'live') records.push({ name, value: record.value });
      }
    }
    const grant = JSON.parse(kindOf(records, 'grant').value) as { readonly jti: string; readonly accountId: string };
    const { uid } = JSON.parse(kindOf(records, 'session').value) as { readonly uid: string };
    const { client, code, verifier } = authorized;
    const refresh = String(answer.body.refresh_token);
    const ids = { account: grant.accountId, client: client.client_id, grant: grant.jti, code, refresh, session: uid };
    return { base, username: 'ada', ids, verifier, machine: { id: clientId, secret: clientSecret }, records };
  } finally {
    await host.close();
    server.closeAllConnections();
    server.close();
  }
}
