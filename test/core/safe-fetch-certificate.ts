import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A key and the certificate that goes with it, both PEM. */
export interface Certified {
  readonly key: string;
  readonly cert: string;
}

interface Wanted {
  readonly commonName: string;
  /** DNS names that the certificate is good for; a certificate authority has none. */
  readonly names?: readonly string[];
  /** Days from now, negative for the past. */
  readonly validDays?: number;
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);

const ECDSA_SHA256 = sequence(hex('06082a8648ce3d040302'));
const COMMON_NAME = hex('0603550403');
const BASIC_CONSTRAINTS = hex('0603551d13');
const SUBJECT_ALT_NAME = hex('0603551d11');

const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(commonName)))));

const time = (date: Date): Buffer => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));

const extensions = (names: readonly string[] | undefined): Buffer =>
  names === undefined
    ? sequence(BASIC_CONSTRAINTS, hex('0101ff'), der(0x04, sequence(hex('0101ff'))))
    : sequence(SUBJECT_ALT_NAME, der(0x04, sequence(...names.map((name) => der(0x82, Buffer.from(name))))));

function pem(content: Uint8Array): string {
  const lines =
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function issue(
  wanted: Wanted,
  publicKey: KeyObject,
  issuer: { readonly name: string; readonly key: KeyObject },
): string {
  const { commonName, names, validDays = 1 } = wanted;
  const days = (count: number) => new Date(Date.now() + count * 86_400_000);
  const body = sequence(
    hex('a003020102'),
    der(0x02, Buffer.concat([hex('01'), randomBytes(8)])),
    ECDSA_SHA256,
    nameOf(issuer.name),
    sequence(time(days(-10)), time(days(validDays))),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extensions(names))),
  );
  const signature = sign('sha256', body, issuer.key);
  return pem(sequence(body, ECDSA_SHA256, der(0x03, hex('00'), signature)));
}

/** A certificate authority that lives as long as the test, and what it certifies (X.509, RFC 5280 §4.1). */
export function certificateAuthority(): { readonly cert: string; certify(wanted: Wanted): Certified } {
  const name = 'Test authority';
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    cert: issue({ commonName: name }, own.publicKey, { name, key: own.privateKey }),
    certify(wanted) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return { key, cert: issue(wanted, publicKey, { name, key: own.privateKey }) };
    },
  };
}
