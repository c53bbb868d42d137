/** How the pages present the server. */
export interface Branding {
  readonly name: string;
  /** A `data:image/…` URL or a path on this origin, such as `/logo.svg`. */
  readonly logo?: string;
  /** `#rgb` or `#rrggbb`. Shades that stay readable are derived from it for light and dark. */
  readonly accent?: string;
}
