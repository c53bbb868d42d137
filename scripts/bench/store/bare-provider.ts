/** The other side: oidc-provider alone over the same store, and the MCP SDK alone for the call. */
import express from 'express';
import { createLocalJWKSet, exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { readConfig } from '../../../src/config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import { sha256 } from '../../../src/core/secrets.ts';
import { openVault } from '../../../src/host/state.ts';
import { CALLBACK } from '../../../test/support/signed-in.ts';
import { bareItems } from '../bare-items.ts';
import { bareMcp } from '../bare-mcp.ts';
import { answerAsked, listening, readSetup } from './answering.ts';
import { bareSettings } from './bare-settings.ts';
import { plainAdapter } from './plain-adapter.ts';
import { idsAt } from './sign-in-records.ts';

const setup = await readSetup();
const { base, signIn } = setup;
const config = readConfig({ publicUrl: base, storeUrl: setup.storeUrl, keys: [setup.key] });
const { backend } = await openVault(config, { clock: systemClock, log: silentLog });
const adapter = plainAdapter(backend);
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const named = { kid: 'k1', alg: 'ES256', use: 'sig' };
const resource = `${base}/notes/mcp`;
const provider = new Provider(
  base,
  bareSettings({ adapter, resource, key: { ...(await exportJWK(privateKey)), ...named } }),
);

const clientId = idsAt({ client: 0, grant: 0 }).client;
const clients = adapter('Client');
await clients.upsert(
  clientId,
  {
    client_id: clientId,
    client_name: 'Test client',
    application_type: 'native',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: 'ES256',
  },
  86_400,
);
await clients.upsert(
  signIn.machine.id,
  {
    client_id: signIn.machine.id,
    client_secret: signIn.machine.secret,
    redirect_uris: [],
    grant_types: ['client_credentials'],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  },
  86_400,
);

const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), ...named }] });
const app = express();
const make = bareItems({ kind: 'call', items: 1 });
app.use(bareMcp({ url: new URL(resource), issuer: base, keys, make }), provider.callback());
(await listening(setup)).on('request', app);

answerAsked(async () => {
  const client = await provider.Client.find(clientId);
  if (client === undefined) throw new Error('The client is not there.');
  const grant = new provider.Grant({ accountId: 'ada', clientId });
  grant.addResourceScope(resource, 'notes:read');
  const code = new provider.AuthorizationCode({
    client,
    accountId: 'ada',
    grantId: await grant.save(),
    gty: 'authorization_code',
    redirectUri: CALLBACK,
    codeChallenge: sha256(signIn.verifier),
    codeChallengeMethod: 'S256',
    resource,
    scope: 'notes:read',
    sessionUid: idsAt({ client: 0, grant: 0 }).session,
    expiresWithSession: false,
  });
  return { client: clientId, code: await code.save() };
});
