/** The bytes of RFC 8259 that matter between and inside values. */
export const NEWLINE = 0x0a;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** By byte: 1 for those that the scanner looks at inside a record. */
export const decides = new Uint8Array(256);
for (const byte of [NEWLINE, QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT]) decides[byte] = 1;

/** By byte: 1 for those that may stand between records: white space, commas, and the bytes of a BOM in joined files. */
export const separates = new Uint8Array(256);
separates.fill(1, 0, 0x21);
for (const byte of [COMMA, 0xef, 0xbb, 0xbf]) separates[byte] = 1;
