import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycles } from '../../scripts/checks/cycles.ts';

const edges = fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 })), { maxLength: 20 });

function graphOf(pairs: readonly (readonly [number, number])[]): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const [from, to] of pairs) graph.set(`${from}`, [...(graph.get(`${from}`) ?? []), `${to}`]);
  return graph;
}

describe('findCycles', () => {
  it('finds nothing where every arrow goes up', () => {
    fc.assert(
      fc.property(edges, (pairs) => {
        expect(findCycles(graphOf(pairs.filter(([from, to]) => from < to)))).toEqual([]);
      }),
    );
  });

  it('finds something wherever a file can reach itself, and only closed paths along arrows', () => {
    fc.assert(
      fc.property(edges, (pairs) => {
        const graph = graphOf(pairs);
        const cycles = findCycles(graph);
        expect(cycles.length > 0).toBe([...graph.keys()].some((file) => reaches(graph, file, file)));
        for (const cycle of cycles) {
          expect(cycle.at(0)).toBe(cycle.at(-1));
          cycle.slice(1).forEach((to, index) => {
            expect(graph.get(cycle[index] ?? '')).toContain(to);
          });
        }
      }),
    );
  });
});

function reaches(graph: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [...(graph.get(from) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(graph.get(next) ?? []));
  }
  return false;
}
