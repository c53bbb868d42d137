/** A room of the house: where its files lie and which other rooms they may import. */
export interface Room {
  readonly name: string;
  /** Folders or single files, relative to the root. */
  readonly places: readonly string[];
  /** Rooms by name, or the one folder of a room. */
  readonly mayImport: readonly string[];
  /** Like `mayImport`, but only for types: nothing of it may be left at run time. */
  readonly mayImportTypes?: readonly string[];
}

const everyRoom = ['core', 'config', 'gate', 'store', 'mcp', 'observe', 'client', 'authorization', 'host', 'providers'];

/** Who may import whom. A room may always import itself; what is not listed fails. */
export const rooms: readonly Room[] = [
  { name: 'core', places: ['src/core'], mayImport: [] },
  { name: 'config', places: ['src/config.ts'], mayImport: ['core'] },
  { name: 'gate', places: ['src/gate'], mayImport: ['core'] },
  { name: 'store', places: ['src/store'], mayImport: ['core'] },
  { name: 'mcp', places: ['src/mcp'], mayImport: ['core'] },
  { name: 'observe', places: ['src/observe'], mayImport: ['core'] },
  { name: 'client', places: ['src/client'], mayImport: ['core'] },
  { name: 'authorization', places: ['src/authorization'], mayImport: ['core', 'store', 'gate'] },
  {
    name: 'providers',
    places: ['providers'],
    mayImport: ['core', 'gate'],
    mayImportTypes: ['src/authorization/upstream'],
  },
  {
    name: 'host',
    places: ['src/host'],
    mayImport: ['core', 'config', 'gate', 'store', 'mcp', 'observe', 'authorization'],
  },
  { name: 'index', places: ['src/index.ts'], mayImport: everyRoom.filter((name) => name !== 'providers') },
  { name: 'commands', places: ['src/commands'], mayImport: [...everyRoom, 'index'] },
  { name: 'main', places: ['src/main.ts'], mayImport: [...everyRoom, 'index', 'commands'] },
  {
    name: 'testing',
    places: ['test/contracts'],
    // The host and the client for `connectInMemory`: a test of somebody's server goes the way of a mount.
    mayImport: ['core', 'gate', 'store', 'mcp', 'authorization', 'src/host/local', 'client'],
  },
];

/** The room in which a file lies, or undefined when no room holds it. */
export function roomOf(path: string): Room | undefined {
  return rooms.find(({ places }) => places.some((place) => holds(place, path)));
}

/** Whether a folder, or a place that is a single file, holds the path. */
export function holds(place: string, path: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
