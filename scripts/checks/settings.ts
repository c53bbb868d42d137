import { type Check, type Fault, lineAt } from './check.ts';
import { filesUnder } from './tree.ts';

/**
 * `.env.example` and the settings that src/config.ts and the providers declare (`variable: 'NAME'`) name the same
 * variables, once each.
 */
export const settings: Check = {
  name: 'settings',
  find(tree) {
    const declared = filesUnder(tree, 'src/config.ts', 'providers').flatMap(([file, text]) =>
      listNames(file, text, /\bvariable: '([A-Z][A-Z0-9_]*)'/g),
    );
    const told = listNames('.env.example', tree.get('.env.example') ?? '', /^(?:# ?)?([A-Z][A-Z0-9_]*)=/gm);
    return {
      faults: [
        ...without(
          declared,
          told,
          (name) => `declares ${name}, which .env.example does not tell: add it with unit and default`,
        ),
        ...without(
          told,
          declared,
          (name) => `tells ${name}, which neither src/config.ts nor a provider declares: remove it or declare it`,
        ),
        ...twice(declared),
        ...twice(told),
      ],
    };
  },
};

interface Named {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

function listNames(file: string, text: string, pattern: RegExp): readonly Named[] {
  return [...text.matchAll(pattern)].map((match) => ({ name: match[1] ?? '', file, line: lineAt(text, match.index) }));
}

function without(these: readonly Named[], those: readonly Named[], say: (name: string) => string): readonly Fault[] {
  const known = new Set(those.map(({ name }) => name));
  return these
    .filter(({ name }) => !known.has(name))
    .map(({ name, file, line }) => ({ file, line, message: say(name) }));
}

function twice(these: readonly Named[]): readonly Fault[] {
  return these
    .filter(({ name }, index) => these.findIndex((other) => other.name === name) < index)
    .map(({ name, file, line }) => ({ file, line, message: `names ${name} a second time: keep one` }));
}
