import { literal } from '../literal.ts';

/*
 * What users, objects and names of activities are compared by, as SQL. The same expression makes the key of a stored row
 * and of what somebody asks for, so the two cannot differ. Each takes time in proportion to the text's length.
 */

/**
 * Compares without regard to case. Composed (NFC), lower case, and one lower-case sigma: a name in capitals does not
 * tell which of the two it had.
 */
export function folded(text: string): string {
  return `replaceAll(lowerUTF8(${composed(text)}), 'ς', 'σ')`;
}

export const userKey = folded;

/**
 * Client addresses: every spelling of an IPv6 address is the same, and an IPv4 address is the same as the IPv6 address
 * that it is mapped to (RFC 4291 §2.5.5.2). Host names are compared without regard to case.
 */
export function addressKey(address: string): string {
  return `ifNull(toString(toIPv6OrNull(${address})), ${folded(address)})`;
}

/**
 * The key of what lies below an object begins with the object's key, and no other key does: `startsWith` selects an
 * object and everything below it.
 *
 * - A URL, a Windows path and a directory path end with one `/`, so a name that only continues the last part is not
 *   below.
 * - Anything else (document id, GUID, mailbox, `a;b;c`) stands between two bytes that no text contains.
 */
export function objectKey(object: string): string {
  return `multiIf(
    match(${object}, ${url}), ${withSlash(folded(decoded(object)))},
    match(${object}, ${windowsPath}), ${withSlash(windowsKey(object))},
    match(${object}, ${directoryPath}), ${withSlash(folded(object))},
    concat(${noText}, ${object}, ${noText}))`;
}

/** At least two letters, so that `C://x` is a Windows path. */
const url = literal('^[A-Za-z][A-Za-z0-9+.\\-]+://');
/** `C:\…` or `\\server\…`; `/` is as good as `\`. */
const windowsPath = literal('^(?:[A-Za-z]:(?:[\\\\/]|$)|[\\\\/]{2,}[^\\\\/])');
/**
 * A DNS name and what is below it: `NAMP223A004.PROD.OUTLOOK.COM/Microsoft Exchange Hosted
 * Organizations/contoso.example`. With a semicolon it is a list of several objects and is compared exactly.
 */
const directoryPath = literal('^(?:[A-Za-z0-9](?:[A-Za-z0-9\\-]*[A-Za-z0-9])?\\.)+[A-Za-z][A-Za-z0-9\\-]*/[^;]*$');
const noText = "unhex('FF')";

function withSlash(text: string): string {
  return `concat(trimRight(${text}, '/'), '/')`;
}

/** One `/` for each run of separators (JSON inside JSON doubles them), without the prefix of extended-length paths. */
function windowsKey(object: string): string {
  const slashes = `replaceRegexpAll(${folded(object)}, ${literal('[\\\\/]+')}, '/')`;
  const share = `replaceRegexpOne(${slashes}, ${literal('^/[?.]/unc/')}, '/')`;
  return `replaceRegexpOne(${share}, ${literal('^/[?.]/([a-z]:)')}, ${literal('\\1')})`;
}

/**
 * Percent-decoded, three layers at most: more than any client writes. A text that is not UTF-8 after this stays as it
 * was.
 */
export function decoded(text: string): string {
  const thrice = `decodeURLComponent(decodeURLComponent(decodeURLComponent(${text})))`;
  return `if(position(${text}, '%') = 0, ${text}, if(isValidUTF8(${thrice}), ${thrice}, ${text}))`;
}

/**
 * Normalisation sorts each run of combining marks, in quadratic time, and refuses text that is not UTF-8. A run of more
 * than 30 marks is in no language (UAX #15, Stream-Safe Text Format); a text with one stays as it is. A text of one
 * byte a character is composed already: without that test the engine compiles the expression for every query, 7 ms each
 * time.
 */
function composed(text: string): string {
  const safe = `(isValidUTF8(${text}) AND NOT match(${text}, ${literal('\\pM{31}')}))`;
  const composing = `if(${safe}, normalizeUTF8NFC(if(${safe}, ${text}, '')), ${text})`;
  return `if(length(${text}) = lengthUTF8(${text}), ${text}, ${composing})`;
}
