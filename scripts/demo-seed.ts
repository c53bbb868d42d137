import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { AuthorizationServer } from 'mcp-gatehouse';

/** The facts of a demo host that scripts read from `demo.env`. */
export interface DemoFacts {
  readonly DEMO_URL: string;
  readonly DEMO_ADA_PASSWORD: string;
  readonly DEMO_GRACE_PASSWORD: string;
  readonly DEMO_MACHINE_ID: string;
  readonly DEMO_MACHINE_SECRET: string;
  readonly DEMO_KEY_ID: string;
  readonly DEMO_KEY_FILE: string;
}

/** Sees to it that the demo's accounts and machine clients exist and that `demo.env` tells how to use them. */
export async function seedDemo(
  authorization: AuthorizationServer,
  { directory, publicUrl }: { directory: string; publicUrl: URL },
): Promise<DemoFacts> {
  const file = join(directory, 'demo.env');
  const known = await readFacts(file);
  const facts: DemoFacts = {
    DEMO_URL: publicUrl.href.replace(/\/$/, ''),
    DEMO_ADA_PASSWORD: await seedAccount(authorization, 'ada', 'all', known.DEMO_ADA_PASSWORD),
    DEMO_GRACE_PASSWORD: await seedAccount(authorization, 'grace', ['notes:read'], known.DEMO_GRACE_PASSWORD),
    ...(await seedSecretMachine(authorization, known)),
    ...(await seedKeyMachine(authorization, known, resolve(directory, 'demo-key.pem'))),
  };
  const lines = Object.entries(facts).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
  return facts;
}

async function readFacts(file: string): Promise<Partial<DemoFacts>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return parseEnv(text) as Partial<DemoFacts>;
}

async function seedAccount(
  { accounts }: AuthorizationServer,
  username: string,
  scopes: 'all' | readonly string[],
  known: string | undefined,
): Promise<string> {
  const password = known ?? randomBytes(9).toString('base64url');
  const exists = (await accounts.list()).some((account) => account.username === username);
  if (!exists) await accounts.add({ username, password, scopes, name: username === 'ada' ? 'Ada' : 'Grace' });
  else if (known === undefined) await accounts.setPassword(username, password);
  return password;
}

const SCOPES = ['notes:read', 'notes:write'];

async function seedSecretMachine({ machines }: AuthorizationServer, known: Partial<DemoFacts>) {
  const { DEMO_MACHINE_ID, DEMO_MACHINE_SECRET } = known;
  if (DEMO_MACHINE_ID && DEMO_MACHINE_SECRET && (await isKnown(machines, DEMO_MACHINE_ID))) {
    return { DEMO_MACHINE_ID, DEMO_MACHINE_SECRET };
  }
  const added = await machines.add({ name: 'Demo machine (secret)', scopes: SCOPES, secret: true });
  return { DEMO_MACHINE_ID: added.clientId, DEMO_MACHINE_SECRET: String(added.clientSecret) };
}

async function seedKeyMachine({ machines }: AuthorizationServer, known: Partial<DemoFacts>, keyFile: string) {
  const { DEMO_KEY_ID, DEMO_KEY_FILE } = known;
  if (DEMO_KEY_ID && DEMO_KEY_FILE && (await isKnown(machines, DEMO_KEY_ID))) return { DEMO_KEY_ID, DEMO_KEY_FILE };
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const jwk: JsonWebKey = publicKey.export({ format: 'jwk' });
  const added = await machines.add({ name: 'Demo machine (key)', scopes: SCOPES, publicKey: jwk });
  return { DEMO_KEY_ID: added.clientId, DEMO_KEY_FILE: keyFile };
}

const isKnown = async (machines: AuthorizationServer['machines'], id: string): Promise<boolean> =>
  (await machines.list()).some((machine) => machine.clientId === id);
