import { describe, expect, it } from 'vitest';
import { lockfile } from '../../scripts/checks/lockfile.ts';
import { faultsIn } from './messages.ts';

const lock = (entry: object): Record<string, string> => ({
  'package-lock.json': JSON.stringify({ packages: { '': { name: 'mcp-gatehouse' }, 'node_modules/zod': entry } }),
});

describe('lockfile', () => {
  it('accepts entries without a download address', async () => {
    expect(await faultsIn(lockfile, lock({ version: '4.0.0', integrity: 'sha512-x' }))).toEqual([]);
  });

  it('refuses a download address', async () => {
    expect(await faultsIn(lockfile, lock({ version: '4.0.0', resolved: 'https://example.com/zod.tgz' }))).toEqual([
      'package-lock.json  node_modules/zod has a download address: run `npm install --omit-lockfile-registry-resolved`',
    ]);
  });

  it('refuses a project without a lock file', async () => {
    expect(await faultsIn(lockfile, {})).toEqual(['package-lock.json  is missing: run `npm install` and commit it']);
  });
});
