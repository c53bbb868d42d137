import { describe, expect, it } from 'vitest';
import { environment } from '../../scripts/checks/environment.ts';
import { faultsIn } from './messages.ts';

const reads = 'reads process.env: declare a setting in src/config.ts and take its value as an argument';
const reaches = (what: string): string =>
  `reaches for the global ${what}: take it as an argument, so that a test can hand in its own`;

describe('environment', () => {
  it.each([
    ['const port = process.env.PORT;', reads],
    ["const port = process['env'].PORT;", reads],
    ['const { env } = process;', reads],
    ["import { env as outside } from 'node:process';", reads],
    ["import process from 'node:process';const port = process.env.PORT;", reads],
    ['const now = Date.now();', reaches('Date.now')],
    ['const clock = Date.now;', reaches('Date.now')],
    ['const { now } = Date;', reaches('Date.now')],
    ['const now = new Date();', reaches('new Date()')],
    ['const id = Math.random();', reaches('Math.random')],
    ["const page = await fetch('https://example.com');", reaches('fetch')],
    ['const get = (web = globalThis.fetch) => web;', reaches('fetch')],
    ['const deps = { fetch };', reaches('fetch')],
  ])('refuses `%s`', async (text, message) => {
    expect(await faultsIn(environment, { 'src/gate/rule.ts': text })).toEqual([`src/gate/rule.ts:1  ${message}`]);
    expect(await faultsIn(environment, { 'providers/rule.ts': text })).toEqual([`providers/rule.ts:1  ${message}`]);
  });

  it.each([
    "const get = ({ fetch }: { fetch: typeof globalThis.fetch }) => fetch('x');",
    'const get = (deps: { fetch(): void; now(): number }) => { deps.fetch(); return deps.now(); };',
    'const get = (fetch: () => void) => ({ fetch });',
    'const when = (seconds: number) => new Date(seconds * 1000);',
    'const most = Math.max(1, 2), end = () => process.exit(1);',
    "// process.env.PORT\nconst text = 'Date.now() and process.env';",
    'type Web = typeof fetch; const { fetch: web } = { fetch: 1 };',
  ])('accepts `%s`', async (text) => {
    expect(await faultsIn(environment, { 'src/gate/rule.ts': text })).toEqual([]);
  });

  it('lets the environment be read where the settings are, and the globals be taken where parts are composed', async () => {
    const files = {
      'src/config.ts': 'const port = process.env.PORT;',
      'src/main.ts': 'const port = process.env.PORT;',
      'src/commands/serve.ts': 'const port = process.env.PORT, now = Date.now();',
      'src/host/create-host.ts': 'const deps = { fetch };',
      'src/core/clock.ts': 'export const clock = { now: Date.now };',
      'scripts/demo.ts': 'const port = process.env.PORT;',
      'test/world.ts': 'const port = process.env.PORT;',
    };
    expect(await faultsIn(environment, files)).toEqual([]);
  });

  it('does not let the place of composition read the environment, nor the settings the clock', async () => {
    expect(await faultsIn(environment, { 'src/host/create-host.ts': 'const port = process.env.PORT;' })).toHaveLength(
      1,
    );
    expect(await faultsIn(environment, { 'src/config.ts': 'const now = Date.now();' })).toHaveLength(1);
  });
});
