import { isShorthandPropertyAssignment, type Node, type SourceFile } from 'typescript/unstable/ast';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';

/** Parsed files by path, and whether a name means the global one. */
export interface Syntax {
  readonly files: ReadonlyMap<string, SourceFile>;
  /** True when nothing in the file declares what this identifier names. */
  isGlobal(identifier: Node): boolean;
}

const root = '/tree';
const project = `${root}/tsconfig.json`;

/** Parses TypeScript texts with the installed compiler and hands them to `read`; nothing is resolved or read from disk. */
export function withSyntax<T>(texts: Iterable<readonly [string, string]>, read: (syntax: Syntax) => T): T {
  const files = new Map([...texts].filter(([path]) => /\.m?ts$/.test(path)));
  if (files.size === 0) return read({ files: new Map(), isGlobal: () => false });
  const paths = [...files.keys()].map((path) => `${root}/${path}`);
  const compilerOptions = { noLib: true, noResolve: true, types: [], module: 'esnext', target: 'es2024' };
  const api = new API({
    cwd: root,
    fs: createVirtualFileSystem({
      [project]: JSON.stringify({ compilerOptions, files: paths }),
      ...Object.fromEntries([...files].map(([path, text]) => [`${root}/${path}`, text])),
    }),
  });
  try {
    const { program, checker } = openProject(api);
    const parsed = [...files.keys()].map((path) => {
      const file = program.getSourceFile(`${root}/${path}`);
      if (file === undefined) throw new Error(`The compiler did not parse ${path}.`);
      return [path, file] as const;
    });
    return read({
      files: new Map(parsed),
      isGlobal: (identifier) => {
        const { parent } = identifier;
        if (isShorthandPropertyAssignment(parent))
          return checker.getShorthandAssignmentValueSymbol(parent) === undefined;
        return checker.getSymbolAtLocation(identifier) === undefined;
      },
    });
  } finally {
    api.close();
  }
}

function openProject(api: API) {
  const opened = api.updateSnapshot({ openProjects: [project] }).getProject(project);
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
