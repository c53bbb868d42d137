/** Who imports whom, by path. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Finds one cycle for each knot of files that import each other, as a closed path (`a`, `b`, `a`). */
export function findCycles(graph: Graph): readonly (readonly string[])[] {
  const finished = new Set<string>();
  const cycles: string[][] = [];
  const trail: string[] = [];
  const visit = (file: string): void => {
    const start = trail.indexOf(file);
    if (start !== -1) {
      cycles.push([...trail.slice(start), file]);
      return;
    }
    if (finished.has(file)) return;
    trail.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    trail.pop();
    finished.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}
