import type { Check, Fault } from './check.ts';
import { listReaches, type Reach } from './reached-globals.ts';
import { holds } from './room-table.ts';
import { withSyntax } from './syntax.ts';
import { filesUnder, type Tree } from './tree.ts';

const readsEnvironment = ['src/config.ts', 'src/main.ts', 'src/commands'];
const composes = [
  'src/core/clock.ts',
  'src/client/connect.ts',
  'src/host/create-host.ts',
  'src/host/local/in-process.ts',
  'src/mcp/openapi/from-open-api.ts',
  'src/main.ts',
  'src/commands',
];

/** In src and providers the environment is read in one place; clock, random and fetch are handed in. */
export const environment: Check = { name: 'environment', find: async (tree) => ({ faults: await findReaches(tree) }) };

function findReaches(tree: Tree): Promise<readonly Fault[]> {
  return withSyntax(filesUnder(tree, 'src', 'providers'), async (syntax) => {
    const faults: Fault[] = [];
    for (const [path, file] of syntax.files) {
      for (const { what, line } of await listReaches(file, syntax)) {
        const message = judge(path, what);
        if (message !== undefined) faults.push({ file: path, line, message });
      }
    }
    return faults;
  });
}

function judge(path: string, what: Reach['what']): string | undefined {
  const places = what === 'process.env' ? readsEnvironment : composes;
  if (places.some((place) => holds(place, path))) return undefined;
  return what === 'process.env'
    ? 'reads process.env: declare a setting in src/config.ts and take its value as an argument'
    : `reaches for the global ${what}: take it as an argument, so that a test can hand in its own`;
}
