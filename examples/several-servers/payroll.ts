import { defineServer, type ServerDefinition } from 'mcp-gatehouse';
import { z } from 'zod';

const salaries: Record<string, number> = { ada: 5000, grace: 5200 };

/** For people: their own salary is one scope, everybody's a wider one that includes it. */
export const payroll = (): ServerDefinition =>
  defineServer({
    name: 'payroll',
    version: '1.0.0',
    title: 'Payroll',
    scopes: {
      'payroll:own': 'See your salary',
      'payroll:all': { description: 'See the salaries of all', implies: ['payroll:own'] },
    },
    defaultScopes: ['payroll:own'],
    list: 'all',
  })
    .tool('my_salary', { description: 'Your salary', scopes: ['payroll:own'] }, (_, { principal }) => ({
      monthly: salaries[principal.name ?? ''] ?? 0,
    }))
    .tool(
      'salary_of',
      { description: 'The salary of anybody', input: z.object({ name: z.string() }), scopes: ['payroll:all'] },
      ({ name }) => ({ monthly: salaries[name] ?? 0 }),
    );
