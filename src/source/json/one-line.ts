/**
 * A JSON text on one line. A text without line breaks stays as it is. From one with line breaks all white space between
 * tokens is removed, so that the same text remains however a tool indented the record. `json` must be valid.
 */
export function oneLine(json: string): string {
  const text = json.trim();
  return text.includes('\n') || text.includes('\r') ? withoutSpace(text) : text;
}

/**
 * The own text of each named member of a JSON object, so that number formats, escapes and order stay as they
 * are. Of several with one name the last counts, as in `JSON.parse`. `json` must be a valid object.
 */
export function memberTexts(json: string, names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let at = spaceEnd(json, json.indexOf('{') + 1);
  while (json[at] === '"') {
    const keyEnd = stringEnd(json, at);
    const key = String(JSON.parse(json.slice(at, keyEnd)));
    const start = spaceEnd(json, spaceEnd(json, keyEnd) + 1);
    const end = valueEnd(json, start);
    if (names.has(key)) found.set(key, json.slice(start, end));
    at = nextItem(json, end);
  }
  return found;
}

/** The own text of each element of a JSON list. `json` must be a valid list. */
export function elementTexts(json: string): readonly string[] {
  const found: string[] = [];
  let at = spaceEnd(json, json.indexOf('[') + 1);
  while (at < json.length && json[at] !== ']') {
    const end = valueEnd(json, at);
    found.push(json.slice(at, end));
    at = nextItem(json, end);
  }
  return found;
}

/** Where the next member or element begins, after a comma if there is one. */
function nextItem(json: string, end: number): number {
  const at = spaceEnd(json, end);
  return json[at] === ',' ? spaceEnd(json, at + 1) : at;
}

function withoutSpace(json: string): string {
  const pieces: string[] = [];
  let from = 0;
  let at = 0;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === 0x22) at = stringEnd(json, at);
    else if (!isSpace(code)) at++;
    else {
      if (at > from) pieces.push(json.slice(from, at));
      at = spaceEnd(json, at);
      from = at;
    }
  }
  pieces.push(json.slice(from));
  return pieces.join('');
}

function valueEnd(json: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === 0x22) {
      at = stringEnd(json, at);
      if (depth === 0) return at;
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
      at++;
    } else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return at;
      at++;
      if (--depth === 0) return at;
    } else if (depth === 0 && (code === 0x2c || isSpace(code))) return at;
    else at++;
  }
  return at;
}

/** The index after the string that opens at `start`. */
function stringEnd(json: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = json.indexOf('"', at);
    if (quote < 0) return json.length;
    let slashes = quote;
    while (json.charCodeAt(slashes - 1) === 0x5c) slashes--;
    if ((quote - slashes) % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function spaceEnd(json: string, start: number): number {
  let at = start;
  while (at < json.length && isSpace(json.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
