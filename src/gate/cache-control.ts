/** Bounds in seconds, whatever an answer says; `otherwise` where it says nothing. */
export interface Freshness {
  readonly least: number;
  readonly most: number;
  readonly otherwise: number;
}

/** How long an answer may be kept by its Cache-Control (RFC 9111 §5.2.2), within bounds. */
export function freshFor(headers: Headers, { least, most, otherwise }: Freshness): number {
  const directives = (headers.get('cache-control') ?? '').toLowerCase();
  if (/(?:^|[\s,])no-(?:store|cache)(?=$|[\s,=])/.test(directives)) return least;
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/.exec(directives)?.[1];
  return seconds === undefined ? otherwise : Math.min(Math.max(Number(seconds), least), most);
}
