import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import {
  type AuthInfo,
  bearerAuthChallengeResponse,
  createMcpHandler,
  type McpServerFactory,
  OAuthError,
  OAuthErrorCode,
  verifyBearerToken,
} from '@modelcontextprotocol/server';
import express, { type Express, type RequestHandler } from 'express';
import { type JWTVerifyGetKey, jwtVerify } from 'jose';

/** What a bare endpoint is made from. */
export interface BareMcp {
  /** Where it is, which is also the audience of its tokens. */
  readonly url: URL;
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
  /** Makes the server of one request. */
  readonly make: McpServerFactory;
}

/** The MCP SDK alone, as its serving guide shows it, with its own bearer gate over a jose check. */
export function bareMcp({ url, issuer, keys, make }: BareMcp): Express {
  const handler = toNodeHandler(createMcpHandler(make));
  const validHost = localhostHostValidation();
  const validOrigin = localhostOriginValidation();
  const app = express();
  const gate = bearerGate(issuer, url.href, keys);
  app.all(
    url.pathname,
    express.json(),
    (request, response, next) => {
      if (validHost(request, response) && validOrigin(request, response)) next();
    },
    gate,
    (request, response) => void handler(request, response, request.body),
  );
  return app;
}

function bearerGate(issuer: string, audience: string, keys: JWTVerifyGetKey): RequestHandler {
  const checks = { issuer, audience, algorithms: ['ES256'], typ: 'at+jwt' };
  async function verifyAccessToken(token: string): Promise<AuthInfo> {
    const { payload } = await jwtVerify(token, keys, checks).catch((cause: unknown) => {
      throw new OAuthError(OAuthErrorCode.InvalidToken, String(cause));
    });
    const { client_id, scope, exp = 0 } = payload;
    return { token, clientId: String(client_id), scopes: String(scope).split(' '), expiresAt: exp };
  }
  return async (request, response, next) => {
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
}
