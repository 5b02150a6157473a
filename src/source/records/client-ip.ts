/**
 * An address as audit records write it, without port and brackets: `[2001:db8::1]:443`, `192.0.2.1:443`, `host:443`.
 * A bare IPv6 address has more than one colon and stays, mapped ones (`::ffff:192.0.2.1`) and host names too.
 */
export function clientIpFor(address: string): string {
  const text = address.trim();
  if (text.startsWith('[')) {
    const parts = /^\[([^\]]*)\](?::\d*)?$/.exec(text);
    return parts === null ? text : parts[1]!;
  }
  const colon = text.indexOf(':');
  if (colon <= 0 || colon !== text.lastIndexOf(':')) return text;
  return /^\d*$/.test(text.slice(colon + 1)) ? text.slice(0, colon) : text;
}
