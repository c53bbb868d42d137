import type { Identifier, ImportDeclaration, Node } from 'typescript/unstable/ast';
import {
  isBindingElement,
  isElementAccessExpression,
  isIdentifier,
  isImportDeclaration,
  isNamedImports,
  isNewExpression,
  isObjectBindingPattern,
  isPropertyAccessExpression,
  isStringLiteral,
  isTypeQueryNode,
  isVariableDeclaration,
  type SourceFile,
} from 'typescript/unstable/ast';
import { lineOf, type Syntax } from './syntax.ts';

/** A use of something that the process provides, and the line of the use. */
export interface Reach {
  readonly what: 'process.env' | 'Date.now' | 'new Date()' | 'Math.random' | 'fetch';
  readonly line: number;
}

const members: Readonly<Record<string, Readonly<Record<string, Reach['what']>>>> = {
  process: { env: 'process.env' },
  Date: { now: 'Date.now', new: 'new Date()' },
  Math: { random: 'Math.random' },
  globalThis: { fetch: 'fetch', process: 'process.env', Date: 'Date.now', Math: 'Math.random' },
};

/** Names that files also give to what they are handed: only the compiler knows which is meant. */
const redeclared = new Set(['fetch', 'Date']);

/** Lists where a file uses the environment, the clock, random numbers or `fetch` of the process. Types do not count. */
export async function listReaches(file: SourceFile, syntax: Syntax): Promise<readonly Reach[]> {
  const found: { readonly what: Reach['what']; readonly node: Node }[] = [];
  const visit = (node: Node): void => {
    if (isTypeQueryNode(node)) return;
    for (const what of reachesOf(node)) found.push({ what, node });
    node.forEachChild(visit);
  };
  visit(file);
  const doubtful = found.map(({ node }) => node).filter((node) => isIdentifier(node) && redeclared.has(node.text));
  const global = new Set(await syntax.keepGlobal(doubtful));
  return found
    .filter(({ node }) => global.has(node) || !doubtful.includes(node))
    .map(({ what, node }) => ({ what, line: lineOf(file, node) }));
}

function reachesOf(node: Node): readonly Reach['what'][] {
  if (isImportDeclaration(node)) return importsEnv(node) ? ['process.env'] : [];
  if (!isIdentifier(node) || isKey(node)) return [];
  if (node.text === 'fetch') return ['fetch'];
  const known = Object.hasOwn(members, node.text) ? members[node.text] : undefined;
  if (known === undefined) return [];
  return usedMembers(node).flatMap((name) => (Object.hasOwn(known, name) ? (known[name] ?? []) : []));
}

/** Whether the identifier only spells the member of something else: `deps.fetch`, `{ fetch: own } = deps`. */
function isKey(node: Identifier): boolean {
  const { parent } = node;
  return (
    (isPropertyAccessExpression(parent) && parent.name === node) ||
    (isBindingElement(parent) && parent.propertyName === node)
  );
}

function usedMembers(node: Identifier): readonly string[] {
  const { parent } = node;
  if (isPropertyAccessExpression(parent)) return [parent.name.text];
  if (isElementAccessExpression(parent)) {
    return isStringLiteral(parent.argumentExpression) ? [parent.argumentExpression.text] : [];
  }
  if (isNewExpression(parent)) return (parent.arguments?.length ?? 0) === 0 ? ['new'] : [];
  if (!isVariableDeclaration(parent) || parent.initializer !== node || !isObjectBindingPattern(parent.name)) return [];
  return parent.name.elements.map(({ propertyName, name }) => {
    const key = propertyName ?? name;
    return key !== undefined && isIdentifier(key) ? key.text : '';
  });
}

function importsEnv(node: ImportDeclaration): boolean {
  if (!isStringLiteral(node.moduleSpecifier)) return false;
  if (!/^(node:)?process$/.test(node.moduleSpecifier.text)) return false;
  const bindings = node.importClause?.namedBindings;
  if (bindings === undefined || !isNamedImports(bindings)) return false;
  return bindings.elements.some(({ propertyName, name }) => (propertyName ?? name).text === 'env');
}
