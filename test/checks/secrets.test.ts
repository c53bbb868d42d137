import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { secrets } from '../../scripts/checks/secrets.ts';
import { faultsIn } from './messages.ts';

const words = (length: number): string => randomBytes(length).toString('hex').slice(0, length);
const slash = (path: string): string => `/${path}`;
const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const publicPem = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString();
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('secrets', () => {
  it.each([
    ['a private key', pem],
    ['a private key in a string', pem.replaceAll('\n', '\\n')],
    ['a GitHub token', `ghp${'_'}${words(36)}`],
    ['a fine-grained GitHub token', `github_pat${'_'}${words(30)}`],
    ['an AWS key', `AKIA${'ABCDEFGH'.repeat(2)}`],
    ['a Slack token', `xoxb-${words(20)}`],
    ['a Google key', `AIza${words(35)}`],
    ['an npm token', `npm${'_'}${words(36)}`],
    ['a signed token', `${part({ alg: 'ES256' })}.${part({ sub: 'alice' })}.${words(20)}`],
    ['a Fernet key', `key=${randomBytes(32).toString('base64url')}=`],
    ['a home folder', `see ${slash('home/alice/x')}`],
    ['the home folder of root', `"${slash('root/x')}"`],
    ['a temporary folder', `'${slash('tmp/x')}'`],
    ['a work folder', `(${slash('work/x')})`],
    ['a file URL', `file://${slash('home/alice')}`],
    ['a registry', `https://registry.${'npmjs'}.org/x`],
    ['a package mirror', `http://deb.${'debian'}.org/debian`],
  ])('refuses %s and does not repeat it', async (_what, text) => {
    const faults = await faultsIn(secrets, { 'docs/a.md': `\n${text}\n` });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^docs\/a\.md:2 {2}(holds|looks like|names) /);
    expect(faults[0]).not.toContain(text.trim());
  });

  it.each([
    ['a public key', publicPem],
    ['the published key of the Fernet specification', 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='],
    ['a digest in the lock file', `"sha512-${randomBytes(64).toString('base64')}"`],
    ['the beginning of a private key without one', '-----BEGIN PRIVATE KEY-----'],
    ['a path of a URL', 'http://localhost:3000/work/mcp and https://example.com/home/'],
    ['a path below another', 'node_modules/tmp/x ./tmp/x $HOME/work/x'],
    ['a PKCE challenge', randomBytes(32).toString('base64url')],
  ])('accepts %s', async (_what, text) => {
    expect(await faultsIn(secrets, { 'docs/a.md': text })).toEqual([]);
  });
});
