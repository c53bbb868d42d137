import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { betterAuth } from 'better-auth/minimal';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins/jwt';

/**
 * Better Auth as a site's own sign-in, in a process of its own: whoever has a session gets JWTs for the mount that is the
 * argument. It prints its base URL, which is the issuer; its keys are at `/jwks` below that.
 */
const [resource = ''] = process.argv.slice(2);

const server = createServer();
await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
const baseURL = `http://localhost:${(server.address() as AddressInfo).port}/api/auth`;

const auth = betterAuth({
  baseURL,
  secret: randomBytes(32).toString('base64url'),
  database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  plugins: [
    jwt({
      jwt: {
        issuer: baseURL,
        audience: resource,
        expirationTime: '5m',
        definePayload: ({ user }) => ({
          name: user.name,
          email: user.email,
          email_verified: user.emailVerified,
          scope: 'notes:read',
          client_id: 'the-site',
        }),
      },
    }),
  ],
});
server.on('request', toNodeHandler(auth));
process.stdout.write(`listening ${baseURL}\n`);
