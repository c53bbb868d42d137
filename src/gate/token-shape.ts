import type { Verifier } from './verifier.ts';
import { issuerOf, type VerifierLink, verifierChain } from './verifier-chain.ts';

/** What tokens of one kind look like. Looks prove nothing: they only choose who is asked. */
export type TokenShape =
  /** Begins with this text. */
  | { readonly shape: 'prefix'; readonly prefix: string }
  /** A signed JWT that claims this issuer. */
  | { readonly shape: 'jwt'; readonly issuer: string }
  /** Anything that has no known prefix and is no JWT, signed or encrypted. */
  | { readonly shape: 'opaque' };

/** A verifier with the looks of the tokens that it checks, and the name that faults call it by. */
export interface ShapedVerifier {
  readonly name: string;
  readonly tokens: readonly TokenShape[];
  readonly verifier: Verifier;
}

/** JSON in base64url up to a dot: how every JWT begins, signed, encrypted or spoiled (RFC 7515 §7.1, RFC 7516 §7.1). */
const JOSE = /^ey[\w-]*\./;

/** Whether a token means to be a JWT. Such a token is never taken for an opaque one. */
export const looksLikeJwt = (token: string): boolean => JOSE.test(token);

const ORDER = ['prefix', 'jwt', 'opaque'] as const;

/** One verifier over several: each token goes to the one whose shape it has, prefixes before anything is parsed. */
export function verifierByShape(verifiers: readonly ShapedVerifier[]): Verifier {
  const links = verifiers.flatMap(({ tokens, verifier }) => tokens.map((shape) => ({ shape, verifier })));
  const byOrder = ORDER.flatMap((order) => links.filter(({ shape }) => shape.shape === order));
  return verifierChain(byOrder.map(({ shape, verifier }): VerifierLink => ({ accepts: acceptor(shape), verifier })));
}

function acceptor(shape: TokenShape): (token: string) => boolean {
  if (shape.shape === 'prefix') return (token) => token.startsWith(shape.prefix);
  if (shape.shape === 'jwt') return (token) => issuerOf(token) === shape.issuer;
  return (token) => !looksLikeJwt(token);
}

/** Every two that would claim the same tokens, as sentences. */
export function shapeConflicts(
  verifiers: readonly { readonly name: string; readonly tokens: readonly TokenShape[] }[],
): readonly string[] {
  const claims = verifiers.flatMap(({ name, tokens }) => tokens.map((shape) => ({ name, shape })));
  return claims.flatMap((claim, index) =>
    claims
      .slice(0, index)
      .filter((other) => overlap(claim.shape, other.shape))
      .map(
        (other) => `auth: ${other.name} and ${claim.name} would both take ${wordsFor(claim.shape)}; keep one of them`,
      ),
  );
}

function overlap(one: TokenShape, other: TokenShape): boolean {
  if (one.shape === 'prefix' && other.shape === 'prefix') {
    return one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix);
  }
  if (one.shape === 'jwt' && other.shape === 'jwt') return one.issuer === other.issuer;
  return one.shape === 'opaque' && other.shape === 'opaque';
}

function wordsFor(shape: TokenShape): string {
  if (shape.shape === 'prefix') return `tokens that begin with ${JSON.stringify(shape.prefix)}`;
  return shape.shape === 'jwt' ? `JWTs of the issuer ${shape.issuer}` : 'opaque tokens';
}
