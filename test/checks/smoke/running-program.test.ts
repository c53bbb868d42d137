import { describe, expect, it } from 'vitest';
import { startProgram } from '../../../scripts/checks/smoke/running-program.ts';
import { tempFolder } from '../temp-folder.ts';

const listening =
  "import { createServer } from 'node:http';\ncreateServer((_, res) => res.end('here')).listen(Number(process.env.PORT), 'localhost');\n";

describe('startProgram', () => {
  it('runs a TypeScript file on a port of its own until it is stopped', async () => {
    const running = await startProgram(tempFolder({ 'server.mts': listening }), 'server.mts');
    expect(await (await fetch(running.origin)).text()).toBe('here');
    await running.stop();
    await expect(fetch(running.origin)).rejects.toThrow('fetch failed');
  });

  it('tells what a program printed that ends before it answers', async () => {
    const folder = tempFolder({ 'server.mts': "console.error('no store');process.exitCode = 1;\n" });
    await expect(startProgram(folder, 'server.mts')).rejects.toThrow(
      /did not answer on PORT=\d+\. It printed:\nno store/,
    );
  });
});
