import { Failure } from './failure.ts';

const known = new Map(Intl.supportedValuesOf('timeZone').map((name) => [name.toLowerCase(), name]));

/** The canonical name of an IANA time zone, given in any letter case or as an alias. Throws `parameter_invalid`. */
export function timeZoneFrom(name: string, text: string): string {
  const asked = text.trim();
  // Offsets such as +01:00 are not accepted: they have no daylight-saving time.
  const zone = /^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(asked)
    ? (known.get(asked.toLowerCase()) ?? aliased(asked))
    : null;
  if (zone === null) {
    throw new Failure(
      'parameter_invalid',
      `${name} must be the name of an IANA time zone such as Europe/Paris or UTC.`,
    );
  }
  return zone;
}

function aliased(asked: string): string | null {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: asked }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}
