/** The other side: the MCP SDK alone, as its serving guide shows it, with its own bearer gate over a jose check. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import {
  type AuthInfo,
  bearerAuthChallengeResponse,
  createMcpHandler,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  verifyBearerToken,
} from '@modelcontextprotocol/server';
import express, { type RequestHandler } from 'express';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { announce } from './announce.ts';
import { describeTool, toolNames } from './same-tool.ts';

const names = toolNames(Number(process.argv[2]));
const issuer = 'https://as.example';
const { publicKey, privateKey } = await generateKeyPair('ES256');
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] });

const server = createServer();
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://localhost:${(server.address() as AddressInfo).port}/mcp`;

async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const checks = { issuer, audience: url, algorithms: ['ES256'], typ: 'at+jwt' };
  const { payload } = await jwtVerify(token, keys, checks).catch((cause: unknown) => {
    throw new OAuthError(OAuthErrorCode.InvalidToken, String(cause));
  });
  const { client_id, scope, exp = 0 } = payload;
  return { token, clientId: String(client_id), scopes: String(scope).split(' '), expiresAt: exp };
}

const gate: RequestHandler = async (request, response, next) => {
  try {
    const auth = await verifyBearerToken(request.headers.authorization, { verifier: { verifyAccessToken } });
    Object.assign(request, { auth });
    next();
  } catch (error) {
    const refusal = bearerAuthChallengeResponse(error);
    response
      .status(refusal.status)
      .set(Object.fromEntries(refusal.headers))
      .send(await refusal.text());
  }
};

const handler = toNodeHandler(
  createMcpHandler(() => {
    const mcp = new McpServer({ name: 'bench', version: '1.0.0' });
    for (const name of names) {
      const { description, input } = describeTool(name);
      mcp.registerTool(name, { description, inputSchema: input }, async ({ text }) => ({
        content: [{ type: 'text', text }],
      }));
    }
    return mcp;
  }),
);

const validHost = localhostHostValidation();
const validOrigin = localhostOriginValidation();
const app = express();
app.use(express.json());
app.use((request, response, next) => {
  if (validHost(request, response) && validOrigin(request, response)) next();
});
app.all('/mcp', gate, (request, response) => void handler(request, response, request.body));
server.on('request', app);

const token = await new SignJWT({ client_id: 'bench', scope: 'bench:call', jti: 'j1' })
  .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })
  .setIssuer(issuer)
  .setAudience(url)
  .setSubject('bench')
  .setIssuedAt()
  .setExpirationTime('1h')
  .sign(privateKey);
announce({ url, token });
