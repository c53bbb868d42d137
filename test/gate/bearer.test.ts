import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequest, InvalidToken } from '../../src/core/errors.ts';
import { MAX_TOKEN_LENGTH, readBearer } from '../../src/gate/bearer.ts';
import { quickest } from '../support/quickest.ts';

const TOKEN = 'header.payload.signature';

const read = (authorization: string, url = '/a/mcp') =>
  readBearer({ rawHeaders: ['Authorization', authorization], url });

/** What reading ends in: the error's class, code and reason. */
function refusal(act: () => unknown): { code: string; reason: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidRequest || error instanceof InvalidToken) {
      return { code: error.code, reason: error.reason };
    }
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

const b64token = fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,80}={0,3}$/);

describe('readBearer', () => {
  it('reads the token of a well-formed header', () => {
    expect(read(`Bearer ${TOKEN}`)).toBe(TOKEN);
  });

  it('BH-01 finds no credentials in a request without Authorization', () => {
    expect(readBearer({ rawHeaders: ['Host', 'rs.test', 'Accept', '*/*'], url: '/a/mcp' })).toBeUndefined();
    expect(readBearer({ rawHeaders: [], url: '/a/mcp' })).toBeUndefined();
  });

  it.each([
    'Basic dTpw',
    'Digest username="u"',
    'DPoP abc',
    'Negotiate abc',
    'Token x',
    'Bearers abc',
    'Bearerabc',
    '',
  ])('BH-02 counts the foreign credentials %j as none', (value) => {
    expect(read(value)).toBeUndefined();
  });

  it.each(['bearer', 'BEARER', 'bEaReR'])('BH-03 takes the scheme spelled %s', (scheme) => {
    expect(read(`${scheme} ${TOKEN}`)).toBe(TOKEN);
  });

  it('takes several spaces after the scheme and blanks around the value (RFC 9110 §5.5, §11.4)', () => {
    expect(read(` \tBearer   ${TOKEN} \t`)).toBe(TOKEN);
  });

  it.each([
    [`Bearer ${TOKEN} junk`, 'words_after_token'],
    [`Bearer ${TOKEN}\tjunk`, 'words_after_token'],
    [`Bearer ${TOKEN},Bearer other`, 'words_after_token'],
    [`Bearer ${TOKEN},`, 'words_after_token'],
    [`Bearer\t${TOKEN}`, 'no_space_after_scheme'],
    [`Bearer,Bearer ${TOKEN}`, 'no_space_after_scheme'],
    [`Bearer="${TOKEN}"`, 'no_space_after_scheme'],
  ])('BH-04 refuses %j as ambiguous', (value, reason) => {
    expect(refusal(() => read(value))).toEqual({ code: 'invalid_request', reason });
  });

  it('BH-05 refuses two Authorization lines in either order, whatever their case', () => {
    const good = `Bearer ${TOKEN}`;
    for (const [first, second] of [
      [good, 'Bearer bad"'],
      ['Bearer bad"', good],
      [good, good],
      ['Basic dTpw', good],
    ] as const) {
      const rawHeaders = ['authorization', first, 'Accept', '*/*', 'AUTHORIZATION', second];
      expect(refusal(() => readBearer({ rawHeaders, url: '/a/mcp' }))).toEqual({
        code: 'invalid_request',
        reason: 'repeated_authorization_header',
      });
    }
    expect(readBearer({ rawHeaders: ['Accept', 'authorization', 'Authorization', good], url: '/' })).toBe(TOKEN);
  });

  it.each([
    ['Bearer', 'empty_token'],
    ['Bearer  ', 'empty_token'],
    ['Bearer a"b', 'ill_formed_token'],
    ['Bearer <script>', 'ill_formed_token'],
    ['Bearer a%00b', 'ill_formed_token'],
    ['Bearer a\u0000b', 'ill_formed_token'],
    ['Bearer a\u0080\u00ff', 'ill_formed_token'],
    ['Bearer abc\u00a0', 'ill_formed_token'],
    ['Bearer ===', 'ill_formed_token'],
    ['Bearer a=b', 'ill_formed_token'],
  ])('BH-06 refuses the token of %j with words that do not repeat it', (value, reason) => {
    expect(refusal(() => read(value))).toEqual({ code: 'invalid_token', reason });
    expect(() => read(value)).toThrow('The access token is missing, malformed, expired or not valid here.');
  });

  it.each(['/a/mcp?access_token=abc', '/a/mcp?x=1&access%5ftoken=abc'])(
    'BH-07 finds no credentials where a token is in the query alone (%s)',
    (url) => {
      expect(readBearer({ rawHeaders: ['Host', 'rs.test'], url })).toBeUndefined();
      expect(read('Basic dTpw', url)).toBeUndefined();
    },
  );

  it.each([
    '/a/mcp?access_token=abc',
    '/a/mcp?access_token=',
    '/a/mcp?access_token',
    '/a/mcp?x=1&access%5Ftoken=abc',
    'http://rs.test/a/mcp?access_token=abc#f',
  ])('BH-08 refuses a header token beside a token in the query (%s)', (url) => {
    expect(refusal(() => read(`Bearer ${TOKEN}`, url))).toEqual({
      code: 'invalid_request',
      reason: 'token_in_header_and_query',
    });
    expect(refusal(() => read('Bearer "', url)).code).toBe('invalid_request');
    expect(read(`Bearer ${TOKEN}`, '/a/mcp?my_access_token=abc&token=abc')).toBe(TOKEN);
  });

  it.each([
    'Cookie',
    'X-Forwarded-Authorization',
    'Proxy-Authorization',
    'X-Access-Token',
    'Sec-WebSocket-Protocol',
    'X-User-Id',
    'Authorization ',
  ])('BH-09 finds no credentials in the header %j', (name) => {
    expect(readBearer({ rawHeaders: [name, `Bearer ${TOKEN}`], url: '/a/mcp' })).toBeUndefined();
  });

  it('BH-10 refuses a token above 8 KB and takes one of exactly 8 KB', () => {
    expect(refusal(() => read(`Bearer ${'a'.repeat(MAX_TOKEN_LENGTH + 1)}`))).toEqual({
      code: 'invalid_token',
      reason: 'token_too_long',
    });
    expect(read(`Bearer ${'a'.repeat(MAX_TOKEN_LENGTH)}`)).toHaveLength(8192);
  });

  it.each([
    ['blanks in the middle', `Bearer ${'a'.repeat(10)}${' '.repeat(1_000_000)}b`],
    ['tabs after the scheme', `Bearer${'\t'.repeat(1_000_000)}b`],
    ['padding without an end', `Bearer ${'='.repeat(1_000_000)}b`],
    ['a scheme without an end', 'b'.repeat(1_000_000)],
    ['commas', `Bearer ${','.repeat(1_000_000)}`],
  ])('DS-06 reads 1 MB of %s in linear time', (_, value) => {
    const milliseconds = quickest(() => {
      try {
        read(value);
      } catch (error) {
        expect(error).toHaveProperty('code');
      }
    });
    expect(milliseconds).toBeLessThan(200);
  });

  it('takes every b64token as it stands and finds it in any letter case of the scheme', () => {
    fc.assert(
      fc.property(b64token, fc.constantFrom('Bearer', 'bearer', 'BEARER'), (token, scheme) => {
        expect(read(`${scheme} ${token}`)).toBe(token);
      }),
    );
  });

  it('gives a b64token, nothing, or one of the two refusals for any header and any target', () => {
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom('Bearer', 'bearer ', 'Bearer  ', 'Basic '), fc.string()).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(value, fc.webPath(), (text, url) => {
        try {
          const token = read(text, url);
          if (token !== undefined) expect(token).toMatch(/^[A-Za-z0-9._~+/-]+=*$/);
        } catch (error) {
          expect([new InvalidRequest('').message, new InvalidToken('').message]).toContain((error as Error).message);
        }
      }),
      { numRuns: 300 },
    );
  });
});
