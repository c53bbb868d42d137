import { posix } from 'node:path';
import type { Check, Fault } from './check.ts';
import { findCycles } from './cycles.ts';
import { type Import, listImports, packageOf } from './imports.ts';
import { holds, type Room, roomOf } from './room-table.ts';
import { withSyntax } from './syntax.ts';
import { filesUnder, type Tree } from './tree.ts';

const published = ['src', 'providers', 'test/contracts'];

/**
 * Holds every import of the published files to the room table; no cycles, no computed paths (but for the
 * file that a command is given), nothing from outside.
 */
export const boundaries: Check = { name: 'boundaries', find: async (tree) => ({ faults: await findCrossings(tree) }) };

async function findCrossings(tree: Tree): Promise<readonly Fault[]> {
  const imports = await withSyntax(filesUnder(tree, ...published), listImports);
  const graph = new Map<string, string[]>();
  const faults: Fault[] = [];
  for (const each of imports) {
    const target = resolveImport(each);
    const message = target === undefined ? judgeBareImport(each) : judgeCrossing(each, target, tree);
    if (message !== undefined) faults.push({ file: each.from, line: each.line, message });
    if (target !== undefined) graph.set(each.from, [...(graph.get(each.from) ?? []), target]);
  }
  for (const cycle of findCycles(graph)) {
    const message = `import cycle ${cycle.join(' -> ')}: move what both sides need into a leaf of its own`;
    faults.push({ file: cycle[0] ?? '', message });
  }
  return faults;
}

function resolveImport({ from, specifier }: Import): string | undefined {
  return specifier?.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

function judgeBareImport({ from, specifier }: Import): string | undefined {
  if (specifier === undefined) {
    if (roomOf(from)?.name === 'commands') return undefined;
    return 'computes the path of an import: write each path out (a table of `() => import(...)`), so that it can be checked';
  }
  if (specifier.startsWith('/') || specifier.startsWith('file:')) return `imports ${specifier}: use a relative path`;
  if (packageOf(specifier) === 'mcp-gatehouse') return `imports ${specifier}: import the file by its relative path`;
  return undefined;
}

function judgeCrossing({ from, specifier, typeOnly }: Import, target: string, tree: Tree): string | undefined {
  const room = roomOf(from);
  const other = roomOf(target);
  if (room === undefined) return 'lies in no room: move it into one, or add its room to scripts/checks/room-table.ts';
  if (!published.some((place) => holds(place, target))) {
    return `imports ${specifier}, which leaves ${published.join(', ')}: only what is published may be imported`;
  }
  if (!tree.has(target)) return `imports ${specifier}, which does not exist`;
  if (other === undefined) return `imports ${target}, which lies in no room`;
  if (room.name === other.name || allows(room.mayImport, other, target)) return undefined;
  if (allows(room.mayImportTypes ?? [], other, target)) {
    return typeOnly ? undefined : `imports values of ${target}: ${room.name} may take only its types (\`import type\`)`;
  }
  return `${room.name} may not import ${other.name} (${target}): ${explain(room)}`;
}

function allows(names: readonly string[], other: Room, target: string): boolean {
  return names.some((name) => name === other.name || holds(name, target));
}

function explain({ name, mayImport, mayImportTypes = [] }: Room): string {
  const allowed = [...mayImport, ...mayImportTypes.map((place) => `types of ${place}`)];
  return allowed.length === 0 ? `${name} imports nothing of ours` : `it may import ${allowed.join(', ')}`;
}
