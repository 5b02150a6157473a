/** The most characters of a key and of a name in a summary: a text of a record may have megabytes. */
const mostKey = 512;
const mostName = 4096;

/** A text as a key, as SQL: a long one is its beginning and a hash of the whole, so that different texts stay different. */
export function boundedKey(text: string): string {
  return `if(length(${text}) <= ${mostKey}, ${text}, concat(substring(${text}, 1, ${mostKey}), hex(sipHash128(${text}))))`;
}

/** A text as a name for people, as SQL: a long one is cut and marked. */
export function boundedName(text: string): string {
  return `if(length(${text}) <= ${mostName}, ${text}, concat(substringUTF8(${text}, 1, ${mostName}), '…'))`;
}
