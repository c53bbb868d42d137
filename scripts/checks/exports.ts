import { type Check, type Fault, lineAt } from './check.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { filesUnder, type Tree } from './tree.ts';

/** package.json#exports and bin point at files that exist and get built; docs name every export and no other. */
export const exportsAgree: Check = {
  name: 'exports',
  find(tree) {
    const manifest = readManifest(tree);
    return {
      faults: [...findMissingFiles(tree, manifest), ...findUnnamed(tree, manifest), ...findInvented(tree, manifest)],
    };
  },
};

function findMissingFiles(tree: Tree, manifest: Manifest): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [subpath, conditions] of Object.entries(manifest.exports)) {
    const source = conditions['gatehouse-source'];
    if (source === undefined) {
      faults.push(inManifest(`export ${subpath} has no "gatehouse-source": name the .ts file that it is built from`));
      continue;
    }
    if (!exists(tree, source))
      faults.push(inManifest(`export ${subpath} has the source ${source}, which does not exist`));
    const built = source.replace(/^\.\//, './dist/').replace(/\.ts$/, '');
    for (const [condition, file] of [
      ['types', `${built}.d.ts`],
      ['default', `${built}.js`],
    ] as const) {
      if (conditions[condition] !== file) {
        faults.push(
          inManifest(`export ${subpath}: "${condition}" must be ${file}, which is what tsc builds from its source`),
        );
      }
    }
  }
  for (const [command, file] of Object.entries(manifest.bin)) {
    const source = file.replace(/^(\.\/)?dist\//, './').replace(/\.js$/, '.ts');
    if (!exists(tree, source)) faults.push(inManifest(`bin ${command} is built from ${source}, which does not exist`));
  }
  return faults;
}

function exists(tree: Tree, file: string): boolean {
  const path = file.replace(/^\.\//, '');
  const [before = '', after] = path.split('*');
  return after === undefined
    ? tree.has(path)
    : [...tree.keys()].some((at) => at.startsWith(before) && at.endsWith(after));
}

function findUnnamed(tree: Tree, { name, exports }: Manifest): readonly Fault[] {
  const readme = new Set(listMentions(name, tree.get('README.md') ?? '').map(({ specifier }) => specifier));
  return Object.keys(exports)
    .map((subpath) => name + subpath.slice(1))
    .filter((specifier) => !readme.has(specifier))
    .map((specifier) => ({ file: 'README.md', message: `does not name the export ${specifier}: tell what it is for` }));
}

function findInvented(tree: Tree, { name, exports }: Manifest): readonly Fault[] {
  const known = Object.keys(exports).map((subpath) => name + subpath.slice(1));
  return filesUnder(tree, 'README.md', 'SECURITY.md', 'CHANGELOG.md', 'docs', 'examples').flatMap(([file, text]) =>
    listMentions(name, text)
      .filter(({ specifier }) => !known.some((each) => matches(each, specifier)))
      .map(({ specifier, line }) => ({
        file,
        line,
        message: `names ${specifier}, which package.json does not export: correct the name or add the export`,
      })),
  );
}

function matches(exported: string, specifier: string): boolean {
  const [before = '', after] = exported.split('*');
  return after === undefined ? exported === specifier : specifier.startsWith(before) && specifier.endsWith(after);
}

/** The subpaths that a text names: `mcp-gatehouse` and `mcp-gatehouse/…`, quoted or in backticks. */
function listMentions(name: string, text: string): readonly { specifier: string; line: number }[] {
  const mention = new RegExp(`(?<=['"\`])${name}(?:/[\\w*./-]+)?(?=['"\`])`, 'g');
  return [...text.matchAll(mention)].map((match) => ({ specifier: match[0], line: lineAt(text, match.index) }));
}

function inManifest(message: string): Fault {
  return { file: 'package.json', message };
}
