import { type KeyObject, X509Certificate } from 'node:crypto';
import { Failure } from '../../domain/failure.ts';

/** What is kept of an app's certificate: enough to check assertions, nothing secret. */
export type Certificate = {
  /** The public key as a JWK (RFC 7517), as JSON text. */
  readonly jwk: string;
  /** SHA-256 of the certificate, in hexadecimal, as `openssl x509 -fingerprint -sha256` shows it without colons. */
  readonly sha256: string;
  /** Its not-after, milliseconds since 1970. */
  readonly notAfterMs: number;
};

const expected = 'expected one X.509 certificate in PEM form, with an RSA key of 2048 bits or more or an EC P-256 key';

/** Reads a certificate; throws `parameter_invalid` saying what the file is instead. */
export function certificateFrom(pem: string, nowMs: number): Certificate {
  if (pem.includes('PRIVATE KEY-----')) {
    throw refused('it holds a private key, which stays with the app; leave that part out');
  }
  const count = pem.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (count !== 1) throw refused(count === 0 ? 'it is not a PEM certificate' : `it holds ${count} certificates`);
  const certificate = parsed(pem);
  const notAfterMs = certificate.validToDate.getTime();
  if (notAfterMs <= nowMs) throw refused(`it ended on ${certificate.validToDate.toISOString().slice(0, 10)}`);
  if (certificate.validFromDate.getTime() > nowMs) {
    throw refused(`it begins on ${certificate.validFromDate.toISOString().slice(0, 10)} only`);
  }
  const unfit = unfitness(certificate.publicKey);
  if (unfit !== null) throw refused(unfit);
  return {
    jwk: JSON.stringify(certificate.publicKey.export({ format: 'jwk' })),
    sha256: certificate.fingerprint256.replaceAll(':', ''),
    notAfterMs,
  };
}

function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw refused('its content cannot be read', cause);
  }
}

/** Why a key cannot check RS256, PS256 or ES256; null when it can. */
function unfitness(key: KeyObject): string | null {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= 2048 ? null : `its RSA key has ${modulusLength} bits`;
  if (key.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1' ? null : `its EC key is on ${namedCurve}`;
  return `its key is of type ${key.asymmetricKeyType}`;
}

function refused(why: string, cause?: unknown): Failure {
  return new Failure('parameter_invalid', `The certificate cannot be used: ${why}; ${expected}.`, { cause });
}
