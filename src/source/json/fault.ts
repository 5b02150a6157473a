import { stoppedInText } from '../../kit/json.ts';

export const noJson = 'This is no JSON that can be read; expected one whole JSON object.';
export const noObject = 'The record is no JSON object; expected one.';
export const rawControl =
  'A text of the record holds a control character, such as a tab or a line break; expected it escaped, as \\t or \\n.';
const openText =
  'A text of the record is not closed where its line ends; expected it closed, and a line break in it written as \\n.';

/** The fault of a text that is not a JSON object, as one sentence. */
export function faultOf(text: string): string {
  try {
    JSON.parse(text);
    return noObject;
  } catch (error) {
    return faultFrom(error);
  }
}

/** The same, from the error of `JSON.parse`. */
export function faultFrom(error: unknown): string {
  const stopped = stoppedInText(error);
  if (stopped === null) return noJson;
  return stopped === 'end' ? openText : rawControl;
}
