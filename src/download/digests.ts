/** A strong validator: equal only for equal bytes (RFC 9110 §8.8.3). */
export function etagFor(sha256: string): string {
  return `"${sha256}"`;
}

/** RFC 9530 §3: a dictionary with the digest as a byte sequence (RFC 8941 §3.3.5). `sha256` is hex. */
export function reprDigestFor(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}
