import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A file of an installed package, also where the package does not export it. */
export function packageFile(name: string, file: string): string {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const found = join(folder, name, file);
    if (existsSync(found)) return found;
  }
  throw new Error(`${name} is not installed: run npm ci.`);
}
