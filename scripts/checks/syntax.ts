import { isShorthandPropertyAssignment, type Node, type SourceFile } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/async';
import { createVirtualFileSystem } from 'typescript/unstable/fs';

/** Parsed files by path, and the compiler's word on names. */
export interface Syntax {
  readonly files: ReadonlyMap<string, SourceFile>;
  /** Keeps of some identifiers those that name something global: nothing in their file declares it. */
  keepGlobal(identifiers: readonly Node[]): Promise<readonly Node[]>;
}

const root = '/tree';
const project = `${root}/tsconfig.json`;

/** Parses TypeScript texts with the installed compiler and hands them to `read`; nothing is resolved or read from disk. */
export async function withSyntax<T>(
  texts: Iterable<readonly [string, string]>,
  read: (syntax: Syntax) => T | Promise<T>,
): Promise<T> {
  const sources = [...texts].filter(([path]) => /\.m?ts$/.test(path));
  if (sources.length === 0) return read({ files: new Map(), keepGlobal: async () => [] });
  const api = new API({ cwd: root, fs: createVirtualFileSystem(projectOf(sources)) });
  try {
    const { program, checker } = await openProject(api);
    const files = new Map<string, SourceFile>();
    for (const [path] of sources) {
      const file = await program.getSourceFile(`${root}/${path}`);
      if (file === undefined) throw new Error(`The compiler did not parse ${path}.`);
      files.set(path, file);
    }
    const declares = (node: Node) =>
      isShorthandPropertyAssignment(node.parent)
        ? checker.getShorthandAssignmentValueSymbol(node.parent)
        : checker.getSymbolAtLocation(node);
    const keepGlobal = async (identifiers: readonly Node[]) => {
      const symbols = await Promise.all(identifiers.map(declares));
      return identifiers.filter((_node, index) => symbols[index] === undefined);
    };
    return await read({ files, keepGlobal });
  } finally {
    await api.close();
  }
}

function projectOf(sources: readonly (readonly [string, string])[]): Record<string, string> {
  const compilerOptions = { noLib: true, noResolve: true, types: [], module: 'esnext', target: 'es2024' };
  const files = sources.map(([path, text]) => [`${root}/${path}`, text] as const);
  const config = { compilerOptions, files: files.map(([path]) => path) };
  return { [project]: JSON.stringify(config), ...Object.fromEntries(files) };
}

async function openProject(api: API) {
  const snapshot = await api.updateSnapshot({ openProjects: [project] });
  const opened = snapshot.getProject(project);
  if (opened === undefined) throw new Error('The compiler did not open the tree.');
  return opened;
}

/** Visits a node and everything below it, parents first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
  });
}

/** Tells the 1-based line on which a node's first token stands. */
export function lineOf(file: SourceFile, node: Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}
