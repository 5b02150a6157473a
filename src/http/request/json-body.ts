import { Failure } from '../../domain/failure.ts';
import { stoppedInText } from '../../kit/json.ts';

/** The most bytes that a JSON body may have. */
export const bodyBytes = 2 ** 20;
/** The deepest that lists and objects may lie in each other. Bodies have two levels. */
const mostLevels = 32;

/** Reads a JSON body; throws `body_invalid`. Nothing of it is quoted. */
export async function jsonFrom(_request: unknown, body: string | Buffer): Promise<unknown> {
  const bytes = Buffer.from(body);
  if (bytes.length === 0) return undefined;
  if (isDeeperThan(mostLevels, bytes)) {
    const message = `The body has more than ${mostLevels} levels of lists and objects; send one JSON object.`;
    throw new Failure('body_invalid', message);
  }
  try {
    // Fatal: with U+FFFD for a wrong byte, two users could become one.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    // The message of the parser would quote the body.
    if (stoppedInText(cause) === 'control character') {
      const message = 'A text in the body holds a control character, such as a tab; write it escaped, as \\t or \\n.';
      throw new Failure('body_invalid', message, { cause });
    }
    throw new Failure('body_invalid', 'The body cannot be read as JSON; send one JSON object in UTF-8.', { cause });
  }
}

/** Whether JSON text has more levels; measured before parsing, because later readers of the value recurse. */
function isDeeperThan(levels: number, json: Uint8Array): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inText) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > levels) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
