import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../src/client/open-browser.ts';

describe('opening the browser', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-browser-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const program = async (name: string, body: string): Promise<string> => {
    const file = join(directory, name);
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
    return file;
  };

  it('hands the whole URL to the chosen program as one argument that no shell reads', async () => {
    const seen = join(directory, 'seen');
    const browser = await program('records', `printf '%s|%s' "$#" "$1" > '${seen}'`);
    const url = new URL("https://as.example/authorize?a=1&b=$(touch%20x);'`id`");
    expect(await openBrowser(url, { platform: 'linux', browser })).toBe(true);
    expect(await readFile(seen, 'utf8')).toBe(`1|${url.href}`);
  });

  it('says so when there is no such program', async () => {
    const browser = join(directory, 'absent');
    expect(await openBrowser(new URL('https://as.example/'), { platform: 'linux', browser })).toBe(false);
  });

  it('says so when the program gives up', async () => {
    const browser = await program('gives-up', 'exit 3');
    expect(await openBrowser(new URL('https://as.example/'), { platform: 'linux', browser })).toBe(false);
  });

  it.each(['file:///etc/passwd', 'javascript:alert(1)', 'vscode://open'])('never opens %s', async (href) => {
    const opening = openBrowser(new URL(href), { platform: 'linux' });
    await expect(opening).rejects.toThrow('A browser is only sent to http(s) URLs');
  });
});
