import { describe, expect, it } from 'vitest';
import { settings } from '../../scripts/checks/settings.ts';
import { faultsIn } from './messages.ts';

const config = "const settings = {\n  port: { variable: 'PORT', fallback: '3000' },\n  host: { variable: 'HOST' },\n};";

describe('settings', () => {
  it('accepts an example that tells what the settings declare, commented out or not', async () => {
    expect(
      await faultsIn(settings, { 'src/config.ts': config, '.env.example': '# Where.\nPORT=3000\n#HOST=\n' }),
    ).toEqual([]);
  });

  it('refuses a setting that is not told, and a variable that is not read', async () => {
    expect(await faultsIn(settings, { 'src/config.ts': config, '.env.example': '\nPORT=3000\nHOTS=\n' })).toEqual([
      'src/config.ts:3  declares HOST, which .env.example does not tell: add it with unit and default',
      '.env.example:3  tells HOTS, which neither src/config.ts nor a provider declares: remove it or declare it',
    ]);
  });

  it('refuses a name that stands twice, and a missing example', async () => {
    expect(await faultsIn(settings, { 'src/config.ts': config, '.env.example': 'PORT=1\nHOST=\nPORT=2' })).toEqual([
      '.env.example:3  names PORT a second time: keep one',
    ]);
    expect(await faultsIn(settings, { 'src/config.ts': config })).toHaveLength(2);
  });
});
