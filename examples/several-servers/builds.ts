import { defineServer, type ServerDefinition } from 'mcp-gatehouse';
import { z } from 'zod';

/** For the build system, which brings tokens of its own; people may read what it reports. */
export function builds(): ServerDefinition {
  const reports: string[] = [];
  return defineServer({
    name: 'builds',
    version: '1.0.0',
    title: 'Builds',
    scopes: { 'builds:read': 'See how builds went', 'builds:report': 'Report a build' },
    defaultScopes: ['builds:read'],
  })
    .tool('list_builds', { description: 'How builds went', scopes: ['builds:read'] }, () => ({ reports }))
    .tool(
      'report_build',
      { description: 'Say how a build went', input: z.object({ text: z.string() }), scopes: ['builds:report'] },
      ({ text }, { principal }) => {
        reports.push(`${principal.subject}: ${text}`);
        return 'Noted.';
      },
    );
}
