const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** RFC 9110 §5.6.4, in ASCII: qdtext or quoted-pair. */
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t\\x20-\\x7e])*"';
const PARAMETER = `${TOKEN}[ \\t]*=[ \\t]*(?:${TOKEN}|${QUOTED})`;
const CHALLENGE = new RegExp(`^Bearer +${PARAMETER}(?:[ \\t]*,[ \\t]*${PARAMETER})*$`);

/** The parameters of a header value that is exactly one Bearer challenge (RFC 9110 §11.6.1). Throws for any other text. */
export function parseChallenge(value: string): Record<string, string> {
  if (!CHALLENGE.test(value)) throw new Error(`Not one strict challenge: ${JSON.stringify(value)}`);
  const parameters = [
    ...value.slice('Bearer '.length).matchAll(new RegExp(`(${TOKEN})[ \\t]*=[ \\t]*(${TOKEN}|${QUOTED})`, 'g')),
  ];
  const names = parameters.map(([, name = '']) => name.toLowerCase());
  if (new Set(names).size < names.length) throw new Error(`Not one strict challenge: ${JSON.stringify(value)}`);
  return Object.fromEntries(parameters.map(([, , raw = ''], index) => [names[index], unquoted(raw)]));
}

const unquoted = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text);
