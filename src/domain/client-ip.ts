/**
 * An address as audit records write it, without port, brackets and IPv6 zone (RFC 4007 §11): `[2001:db8::1]:443`,
 * `fe80::1%eth0`, `192.0.2.1:443`, `host:443`. A bare IPv6 address has more than one colon and is kept, also a
 * mapped one (`::ffff:192.0.2.1`); host names are kept.
 */
export function clientIpFor(address: string): string {
  const text = address.trim();
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    const isAddress = close > 0 && /^(?::\d{0,5})?$/.test(text.slice(close + 1));
    return isAddress ? withoutZone(text.slice(1, close)) : text;
  }
  const colon = text.indexOf(':');
  if (colon !== text.lastIndexOf(':')) return withoutZone(text);
  if (colon <= 0) return text;
  return /^\d*$/.test(text.slice(colon + 1)) ? text.slice(0, colon) : text;
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent > 0 && address.includes(':') ? address.slice(0, percent) : address;
}
