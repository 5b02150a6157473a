/**
 * Where in a text `JSON.parse` stopped: at a raw control character (RFC 8259 §7 wants it escaped), or at the end of all
 * of its input. Null when it stopped elsewhere. V8 distinguishes them only in the text of its error.
 */
export function stoppedInText(error: unknown): 'control character' | 'end' | null {
  const { message } = error as Error;
  if (message.startsWith('Bad control character in string')) return 'control character';
  return message.startsWith('Unterminated string') ? 'end' : null;
}
