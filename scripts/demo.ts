import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createHost, serveUntilSignal } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { echo } from '../examples/demo/echo.ts';
import { math } from '../examples/demo/math.ts';
import { notes } from '../examples/demo/notes.ts';
import { seedDemo } from './demo-seed.ts';

// What the demo keeps is for its owner alone.
process.umask(0o077);
if (existsSync('.env')) process.loadEnvFile('.env');

const host = createHost({ auth: local() });
const { directory, publicUrl } = host.config;
await mkdir(directory, { recursive: true, mode: 0o700 });

host.mount('/echo', echo());
host.mount('/math', math());
host.mount('/notes', notes({ file: join(directory, 'notes.db') }));

await host.start();
const facts = await seedDemo(host.authorization, { directory, publicUrl });
await serveUntilSignal(host);

const url = publicUrl.href.replace(/\/$/, '');
console.log(`
Gatehouse demo, published as ${url}

  MCP servers        ${['echo', 'math', 'notes'].map((name) => `${url}/${name}/mcp`).join('\n                     ')}
  ada    password    ${facts.DEMO_ADA_PASSWORD}   may grant everything
  grace  password    ${facts.DEMO_GRACE_PASSWORD}   may only read notes
  machine (secret)   ${facts.DEMO_MACHINE_ID}
  machine (key)      ${facts.DEMO_KEY_ID}   key in ${facts.DEMO_KEY_FILE}
  all of it          ${join(directory, 'demo.env')}

Try next, in another terminal:

  npm run inspect      the MCP Inspector, through sign-in and consent
  npm run m2m          a script that gets a token by client_credentials (-- --key: with a private key)
  npm run sign-in      a terminal client that signs in, calls, is refused and steps up
`);
