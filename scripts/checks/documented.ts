import {
  isClassDeclaration,
  isExportDeclaration,
  isFunctionDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isNamedExports,
  isTypeAliasDeclaration,
  isVariableStatement,
  type SourceFile,
  type Statement,
  SyntaxKind,
} from 'typescript/unstable/ast';
import type { Check, Fault } from './check.ts';
import { lineOf, withSyntax } from './syntax.ts';
import { filesUnder } from './tree.ts';

/** Every exported declaration of the published files has a doc comment; src/index.ts lists its names by hand. */
export const documented: Check = {
  name: 'documented',
  async find(tree) {
    const faults = await withSyntax(filesUnder(tree, 'src', 'providers', 'test/contracts'), ({ files }) =>
      [...files].flatMap(([path, file]) => [...findUndocumented(path, file), ...findStars(path, file)]),
    );
    return { faults };
  },
};

function findUndocumented(path: string, file: SourceFile): readonly Fault[] {
  const listed = namesInExportLists(file);
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const statement of file.statements) {
    for (const name of declaredNames(statement)) {
      const isOverload = seen.has(name);
      seen.add(name);
      if (isOverload || !(isExported(statement) || listed.has(name))) continue;
      if ((statement.jsDoc?.length ?? 0) > 0) continue;
      const message = `exports ${name} without a doc comment: say in one to four lines what it promises`;
      faults.push({ file: path, line: lineOf(file, statement), message });
    }
  }
  return faults;
}

function declaredNames(statement: Statement): readonly string[] {
  if (isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => (isIdentifier(name) ? name.text : name.getText()));
  }
  const isNamed =
    isFunctionDeclaration(statement) ||
    isClassDeclaration(statement) ||
    isInterfaceDeclaration(statement) ||
    isTypeAliasDeclaration(statement);
  return isNamed ? [statement.name?.text ?? 'default'] : [];
}

function isExported(statement: Statement): boolean {
  const modifiers =
    'modifiers' in statement ? (statement.modifiers as readonly { kind: SyntaxKind }[] | undefined) : [];
  return modifiers?.some(({ kind }) => kind === SyntaxKind.ExportKeyword) ?? false;
}

function namesInExportLists(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (!isExportDeclaration(statement) || statement.moduleSpecifier !== undefined) continue;
    if (statement.exportClause === undefined || !isNamedExports(statement.exportClause)) continue;
    for (const { propertyName, name } of statement.exportClause.elements) names.add((propertyName ?? name).text);
  }
  return names;
}

function findStars(path: string, file: SourceFile): readonly Fault[] {
  if (path !== 'src/index.ts') return [];
  return file.statements
    .filter((statement) => isExportDeclaration(statement) && statement.exportClause === undefined)
    .map((statement) => ({
      file: path,
      line: lineOf(file, statement),
      message: 'exports everything of a file: list the public names by hand',
    }));
}
