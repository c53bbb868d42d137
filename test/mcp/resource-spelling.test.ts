import { describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { parseUriTemplate, type UriTemplate } from '../../src/mcp/uri-template.ts';

const define = (name = 's') => defineServer({ name, version: '1', scopes: { read: 'Read', hr: 'Salaries' } });
const wide = { scopes: ['read'] };
const narrow = { scopes: ['hr'] };
const nothing = () => 'text';

/** What has a URI needs, and which values it is given; undefined where nothing has it. */
const behind = (server: ReturnType<typeof define>) => (uri: string) => {
  const found = server.surface().find(uri);
  return found && { scopes: found.item.scopes, values: { ...found.target.values } };
};

describe('MC-15 a URI in another spelling', () => {
  it.each([
    ['files://private/{name}', 'files://{area}/{name}', 'files://%70rivate/pay', { name: 'pay' }],
    ['files://private/{path*}', 'files://{path*}', 'files://%70r%69vate/a/pay', { path: 'a/pay' }],
    ['f://doc-{n}.txt', 'f://{name}', 'f://%64oc-1%2etxt', { n: '1' }],
    ['f://a:b/{n}', 'f://{area}/{n}', 'f://a%3Ab/x', { n: 'x' }],
    ['f://a%3ab/{n}', 'f://{area}/{n}', 'f://a%3Ab/x', { n: 'x' }],
    ['f://café/{n}', 'f://{area}/{n}', 'f://caf%c3%A9/x', { n: 'x' }],
    ['urn:pay:{n}', 'urn:{all}', 'urn:pay%3A7', { n: '7' }],
    ['f://pay', 'f://{name}', 'f://%70ay', {}],
    ['f://a@b', 'f://{name}', 'f://a%40b', {}],
    ['f://a%3ab', 'f://{name}', 'f://a%3Ab', {}],
    ['f://café', 'f://{name}', 'f://caf%C3%A9', {}],
    ['f://l?by=x&tag=a', 'f://l{?tag,by}', 'f://l?tag=%61&by=x', {}],
    ['f://l?by=x&tag=a', 'f://l{?tag,by,more}', 'f://l?tag=a&more=&by=x', {}],
  ] as const)('of %s is that one, not one of %s: %s', (one, other, uri, values) => {
    const server = define().resource(one, narrow, nothing).resource(other, wide, nothing);
    expect(behind(server)(uri)).toEqual({ scopes: ['hr'], values });
  });

  it('is the same one for a template alone, and another where it says something else', () => {
    const find = behind(
      define().resource('f://private/{n}', narrow, nothing).resource('f://{area}/{n}', wide, nothing),
    );
    expect(find('f://public/x')).toEqual({ scopes: ['read'], values: { area: 'public', n: 'x' } });
    expect(find('f://%70ublic/x')).toEqual({ scopes: ['read'], values: { area: 'public', n: 'x' } });
    for (const uri of ['f://private%2Fx', 'f://%2e%2e/x', 'f://Private/x/y']) {
      expect(find(uri)).toBeUndefined();
    }
  });

  it('gives the values of a template as its plain spelling does, or none', () => {
    const escaped = (text: string) =>
      [...text].map((char) => (/\w/.test(char) ? `%${char.charCodeAt(0).toString(16)}` : char)).join('');
    for (const text of ['f://private/{n}', 'f://doc-{n}.txt', 'f://a/{path*}/z']) {
      const template: UriTemplate = parseUriTemplate(text);
      const values = { n: 'seven', path: 'b/c' };
      const [scheme = '', rest = ''] = template.expand(values).split('://');
      expect(template.match(`${scheme}://${escaped(rest)}`)).toEqual(template.match(`${scheme}://${rest}`));
    }
  });
});

describe('MC-15 a URI in another spelling, of servers in servers', () => {
  const own = () =>
    define('own')
      .resource('docs://secret', narrow, nothing)
      .resource('docs://café', narrow, nothing)
      .resource('docs://private/{n}', narrow, nothing);
  const other = () =>
    define('other').resource('docs://{n}', wide, nothing).resource('docs://{area}/{n}', wide, nothing);

  it.each(['mount', 'include'] as const)('is not for the template of another server (%s)', (how) => {
    const find = behind(own()[how](other()));
    expect(find('docs://secret')).toEqual({ scopes: ['hr'], values: {} });
    expect(find('docs://%73ecret')).toBeUndefined();
    expect(find('docs://caf%C3%A9')).toBeUndefined();
    expect(find('docs://%70rivate/x')).toEqual({ scopes: ['hr'], values: { n: 'x' } });
    expect(find('docs://open')).toEqual({ scopes: ['read'], values: { n: 'open' } });
  });

  it.each(['mount', 'include'] as const)('is not for another one where its prefix is escaped (%s)', (how) => {
    const hub = define('hub')[how]('a', define('inner').resource('docs://secret', narrow, nothing));
    const find = behind(hub[how](other()));
    expect(find('docs://a/secret')).toEqual({ scopes: ['hr'], values: {} });
    expect(find('docs://%61/secret')).toBeUndefined();
    expect(find('docs://b/secret')).toEqual({ scopes: ['read'], values: { area: 'b', n: 'secret' } });
  });

  it.each(['mount', 'include'] as const)('is left out with its template, also further out (%s)', (how) => {
    const inner = () =>
      define('inner')
        .resource('docs://private/{n}', { ...wide, tags: ['internal'] }, nothing)
        .resource('docs://{area}/{n}', wide, nothing);
    const hub = define('hub')[how]('a', inner(), { except: { tags: ['internal'] } });
    const outer = define('outer')[how]('b', hub);
    for (const [server, prefix] of [
      [hub, 'a'],
      [outer, 'b/a'],
    ] as const) {
      const find = behind(server);
      expect(find(`docs://${prefix}/private/x`)).toBeUndefined();
      expect(find(`docs://${prefix}/%70rivate/x`)).toBeUndefined();
      expect(find(`docs://${prefix}/public/x`)?.values).toEqual({ area: 'public', n: 'x' });
    }
  });
});
