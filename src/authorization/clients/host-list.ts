/** Whether `host` is one of the entries, or lies below an entry that starts with a dot (`.example.com`). */
export const hostMatches = (host: string, entries: readonly string[]): boolean =>
  entries.some((entry) =>
    entry.startsWith('.') ? host.length > entry.length && host.endsWith(entry) : host === entry,
  );
