import { type Check, lineAt } from './check.ts';

interface Shape {
  readonly pattern: RegExp;
  readonly message: string;
}

const makeAtRunTime = 'make it at run time instead of writing it down';

const shapes: readonly Shape[] = [
  {
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s|\\[nr])*[A-Za-z0-9+/]{16}/g,
    message: `holds a private key: ${makeAtRunTime}`,
  },
  {
    pattern: /\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22,}/g,
    message: `looks like a GitHub token: ${makeAtRunTime}`,
  },
  { pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, message: `looks like an AWS key: ${makeAtRunTime}` },
  { pattern: /\bxox[abeoprs]-[\w-]{10,}/g, message: `looks like a Slack token: ${makeAtRunTime}` },
  { pattern: /\bAIza[\w-]{35}\b/g, message: `looks like a Google API key: ${makeAtRunTime}` },
  { pattern: /\bnpm_[A-Za-z0-9]{36}\b/g, message: `looks like an npm token: ${makeAtRunTime}` },
  { pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g, message: `looks like a signed token: ${makeAtRunTime}` },
  { pattern: /(?<![\w+/-])[\w-]{43}=(?![\w=])/g, message: `looks like a Fernet key: ${makeAtRunTime}` },
  {
    pattern: /(?:(?<![\w.:/{}-])|file:\/\/)\/(?:home|root|tmp|work)\/(?=\w)/g,
    message: 'names a path of one machine: take it from an argument, os.tmpdir() or mktemp',
  },
  {
    pattern: /\bregistry\.[\w-]+\.(?:org|com|dev|io)\b|\bdeb\.debian\.org\b|\bnpmjs\.(?:org|com)\b/g,
    message: 'names the host of a package registry: leave the choice of registry to the machine',
  },
];

/** Published test vectors, which protect nothing: the key of the Fernet specification. */
const published = new Set(['cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=']);

/** No tracked file holds what looks like a secret, a path of one machine or a registry; messages never repeat the find. */
export const secrets: Check = {
  name: 'secrets',
  find(tree) {
    const faults = [...tree].flatMap(([file, text]) =>
      shapes.flatMap(({ pattern, message }) =>
        [...text.matchAll(pattern)]
          .filter((match) => !published.has(match[0]))
          .map((match) => ({ file, line: lineAt(text, match.index), message })),
      ),
    );
    return { faults };
  },
};
