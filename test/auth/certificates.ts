// @peculiar/x509 asks for this before itself.
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { cryptoProvider, PemConverter, X509CertificateGenerator } from '@peculiar/x509';

cryptoProvider.set(crypto);

const algorithms = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048 },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048 },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  ES384: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'RSA-1024': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024 },
  Ed25519: { name: 'Ed25519' },
} as const;

/** A self-signed certificate and its private key, of which the PEM text is also given. */
export async function makeCertificate(kind: keyof typeof algorithms, span: { from?: Date; until?: Date } = {}) {
  const algorithm = algorithms[kind];
  // Certificates of PS256 clients are ordinary RSA ones; only the signature of the assertion is PSS.
  const certified = kind === 'PS256' ? algorithms.RS256 : algorithm;
  const full = { ...certified, publicExponent: new Uint8Array([1, 0, 1]) };
  const keys = (await crypto.subtle.generateKey(full, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Trailport test',
    notBefore: span.from ?? new Date(Date.now() - 60_000),
    notAfter: span.until ?? new Date(Date.now() + 86_400_000),
    signingAlgorithm: full,
    keys,
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']);
  return { pem: certificate.toString('pem'), privateKey, privatePem: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
