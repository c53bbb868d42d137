import { ConfigError } from '../../core/errors.ts';
import { readColor } from './color.ts';

/** How the pages present the server. */
export interface Branding {
  readonly name: string;
  /** A `data:image/…` URL or a path on this origin, such as `/logo.svg`. */
  readonly logo?: string;
  /** `#rgb` or `#rrggbb`. Shades that stay readable are derived from it for light and dark. */
  readonly accent?: string;
}

const DATA_IMAGE = /^data:image\/(png|jpeg|webp|gif|svg\+xml)(;charset=utf-8)?(;base64)?,[\w%+/=.~!*'():;,&$@?-]+$/i;
const OWN_PATH = /^\/(?![/\\])[\w.~/-]{1,500}$/;

/** Throws ConfigError with every fault; each names its variable. Nothing is ever loaded from another origin. */
export function checkBranding({ name, logo, accent }: Branding): void {
  const faults: string[] = [];
  if (!/^[^\p{C}]{1,60}$/u.test(name)) faults.push('BRAND_NAME must have 1 to 60 visible characters');
  if (logo !== undefined && !OWN_PATH.test(logo) && !(logo.length <= 65_536 && DATA_IMAGE.test(logo))) {
    faults.push('BRAND_LOGO must be a path on this origin such as /logo.svg, or a data:image/… URL of at most 64 KiB');
  }
  if (accent !== undefined && readColor(accent) === undefined) {
    faults.push('BRAND_ACCENT must be a colour such as #1a5fb4');
  }
  if (faults.length > 0) throw new ConfigError(faults);
}
