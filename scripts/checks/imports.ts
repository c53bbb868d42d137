import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isStringLiteralLikeNode,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { lineOf, type Syntax, walk } from './syntax.ts';

/** One import of a file. `specifier` is undefined when a dynamic import computes it. */
export interface Import {
  readonly from: string;
  readonly line: number;
  readonly specifier: string | undefined;
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

/** Lists every import, re-export, dynamic import and import type of the parsed files. */
export function listImports({ files }: Syntax): readonly Import[] {
  const found: Import[] = [];
  for (const [from, file] of files) {
    walk(file, (node) => {
      const source = importedBy(node);
      if (source === undefined) return;
      const { literal, typeOnly } = source;
      const specifier = literal !== undefined && isStringLiteralLikeNode(literal) ? literal.text : undefined;
      found.push({ from, line: lineOf(file as SourceFile, node), specifier, typeOnly });
    });
  }
  return found;
}

function importedBy(node: Node): { literal: Node | undefined; typeOnly: boolean } | undefined {
  if (isImportDeclaration(node)) {
    return { literal: node.moduleSpecifier, typeOnly: node.importClause?.phaseModifier === SyntaxKind.TypeKeyword };
  }
  if (isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { literal: node.moduleSpecifier, typeOnly: node.isTypeOnly };
  }
  if (isImportTypeNode(node)) {
    return { literal: isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, typeOnly: true };
  }
  if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) {
    return { literal: node.arguments[0], typeOnly: false };
  }
  return undefined;
}

/** The package that a bare specifier names: `@scope/name/sub` gives `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
