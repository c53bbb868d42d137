/** The other side: the MCP SDK alone, called with a token that was signed here. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { announce } from './announce.ts';
import { bareItems } from './bare-items.ts';
import { bareMcp } from './bare-mcp.ts';
import { bareProxy } from './bare-proxy.ts';
import { startFarServer } from './far-server.ts';
import { HELD, readJob } from './jobs.ts';

const job = readJob(process.argv);
const make = job.kind === 'proxy' ? await bareProxy(await startFarServer()) : bareItems(job);
const issuer = 'https://as.example';
const { publicKey, privateKey } = await generateKeyPair('ES256');
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] });

const server = createServer();
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://localhost:${(server.address() as AddressInfo).port}/mcp`;
server.on('request', bareMcp({ url: new URL(url), issuer, keys, make }));

const token = await new SignJWT({ client_id: 'bench', scope: HELD, jti: 'j1' })
  .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })
  .setIssuer(issuer)
  .setAudience(url)
  .setSubject('bench')
  .setIssuedAt()
  .setExpirationTime('1h')
  .sign(privateKey);
announce({ url, token });
