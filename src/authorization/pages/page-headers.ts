/** What varies between pages. */
export interface PageHeaderParts {
  /** SHA-256 of the inline stylesheet, base64. */
  readonly styleHash: string;
  /** SHA-256 of the page's own script, base64. It may ask this origin. Left out: nothing runs. */
  readonly scriptHash?: string | undefined;
  /** Sources beside this origin that a form on the page may lead to. */
  readonly formTargets: readonly string[];
}

/**
 * The headers of every page: nothing foreign runs, nothing is loaded from elsewhere, nothing frames it, nothing keeps it
 * (RFC 9700 §4.16). Browsers hold `form-action` against every redirect after a POST, so the client's is named too.
 */
export const pageHeaders = ({
  styleHash,
  scriptHash,
  formTargets,
}: PageHeaderParts): Readonly<Record<string, string>> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    ...(scriptHash === undefined ? [] : [`script-src 'sha256-${scriptHash}'`, "connect-src 'self'"]),
    "img-src 'self' data:",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  // Not `no-referrer`: with it browsers send `Origin: null` along with our own forms.
  'Referrer-Policy': 'same-origin',
  // A client that opened us in a window waits for that window to come back: do not cut the two apart.
  'Cross-Origin-Opener-Policy': 'unsafe-none',
  'Permissions-Policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
});
