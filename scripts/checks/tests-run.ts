import { isCallExpression, isIdentifier, isPropertyAccessExpression, type Node } from 'typescript/unstable/ast';
import type { Check, Fault } from './check.ts';
import { lineOf, walk, withSyntax } from './syntax.ts';
import { filesUnder, type Tree } from './tree.ts';

const starters = new Set(['it', 'test', 'describe', 'suite', 'bench']);
const evasions = new Set(['only', 'skip', 'todo', 'skipIf', 'runIf', 'fails']);
const crossedOut = new Set(['xit', 'xtest', 'xdescribe', 'fit', 'fdescribe']);

/** Every test runs: no `.only`, `.skip`, `.todo` or their kin outside the gates of test/support, no test file that is not found. */
export const testsRun: Check = { name: 'tests-run', find: async (tree) => ({ faults: await findEvasions(tree) }) };

async function findEvasions(tree: Tree): Promise<readonly Fault[]> {
  const texts = filesUnder(tree, 'test', 'examples');
  const strays = texts
    .filter(([path]) => /\.(spec\.[cm]?[jt]s|test\.([cm]js|mts|cts|js))$/.test(path))
    .map(([file]) => ({ file, message: 'is not run: tests are found as test/**/*.test.ts' }));
  const evaded = await withSyntax(
    texts.filter(([path]) => !path.startsWith('test/support/')),
    ({ files }) =>
      [...files].flatMap(([path, file]) => {
        const faults: Fault[] = [];
        walk(file, (node) => {
          const how = evasion(node);
          if (how === undefined) return;
          const message = `${how}: let the test run, or gate it with requireOrSkip of test/support/required.ts`;
          faults.push({ file: path, line: lineOf(file, node), message });
        });
        return faults;
      }),
  );
  return [...strays, ...evaded];
}

function evasion(node: Node): string | undefined {
  if (isPropertyAccessExpression(node) && evasions.has(node.name.text)) {
    const root = rootOf(node.expression);
    return root !== undefined && starters.has(root) ? `uses ${root}.${node.name.text}` : undefined;
  }
  if (!isCallExpression(node)) return undefined;
  if (isIdentifier(node.expression))
    return crossedOut.has(node.expression.text) ? `uses ${node.expression.text}` : undefined;
  const callee = node.expression;
  const skipsItself =
    isPropertyAccessExpression(callee) && callee.name.text === 'skip' && isIdentifier(callee.expression);
  return skipsItself && /^(ctx|context|task|t)$/.test(callee.expression.text) ? 'skips itself' : undefined;
}

/** The name at the left end of `describe.concurrent.each`. */
function rootOf(node: Node): string | undefined {
  if (isIdentifier(node)) return node.text;
  return isPropertyAccessExpression(node) || isCallExpression(node) ? rootOf(node.expression) : undefined;
}
