/** All of a host that a request to `/token` goes through, over a store that is sealed, or is not for the sake of comparing. */
import express from 'express';
import { createAuthorizationServer } from '../../../src/authorization/server.ts';
import { readConfig } from '../../../src/config.ts';
import { systemClock as clock } from '../../../src/core/clock.ts';
import { silentLog as log } from '../../../src/core/log.ts';
import { authorizationOptions } from '../../../src/host/authorization-options.ts';
import { pinClientAddress } from '../../../src/host/client-address.ts';
import { front } from '../../../src/host/front.ts';
import { createLimits } from '../../../src/host/limits/limits.ts';
import { openVault } from '../../../src/host/state.ts';
import { resourcesAt } from '../../../test/authorization/support/world.ts';
import { answerAsked, listening, readSetup } from './answering.ts';
import { seed } from './seed.ts';

const setup = await readSetup();
const { base: publicUrl, storeUrl, key } = setup;
const config = readConfig({ publicUrl, storeUrl, keys: [key], tokenLimit: 10_000_000, refusedLimit: 10_000_000 });
const vault = await openVault(config, { clock, log });
const store = setup.sealed ? vault.store : vault.backend;
const makeCode = await seed(store, setup);
const { requests: limits } = await createLimits(config, log);
const resources = resourcesAt(publicUrl);
const parts = { store, clock, log, resources, limits, clientIdKeys: vault.ring };
const { router } = await createAuthorizationServer(authorizationOptions(config, parts));

const app = express();
app.disable('x-powered-by');
app.use(
  front(config, log, async () => undefined),
  pinClientAddress(0),
  router,
);
(await listening(setup)).on('request', app);
answerAsked(makeCode);
