/** Our side: a host with its defaults over any store. Only what one caller may ask for is beyond what a bench can send. */
import { createHost } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { readConfig } from '../../../src/config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import { openVault } from '../../../src/host/state.ts';
import { answerAsked, listening, readSetup } from './answering.ts';
import { benchServer } from './bench-server.ts';
import { seed } from './seed.ts';

const setup = await readSetup();
const most = 10_000_000;
const settings = {
  publicUrl: setup.base,
  storeUrl: setup.storeUrl,
  keys: [setup.key],
  logLevel: 'error',
  callLimit: most,
  anonymousLimit: most,
  refusedLimit: most,
  tokenLimit: most,
} as const;
const { store, backend } = await openVault(readConfig(settings), { clock: systemClock, log: silentLog });
const host = createHost({ ...settings, auth: local(), store: backend });
host.mount('/notes', benchServer());
const makeCode = await seed(store, setup);
await host.start();
host.attach(await listening(setup));
answerAsked(makeCode);
