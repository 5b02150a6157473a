/** The symbols of lengths and distances (RFC 1951, 3.2.5), as tables that are looked into once a token. */

const lengthExtraBitsOf = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5];

/** By length, 3 to 258: its symbol, its extra bits and how many. */
export const lengthSymbols = new Uint16Array(259);
export const lengthExtras = new Uint8Array(259);
export const lengthExtraBits = new Uint8Array(259);
for (let i = 0, length = 3; i < 28; i++) {
  for (let extra = 0; extra < 1 << lengthExtraBitsOf[i]!; extra++, length++) {
    lengthSymbols[length] = 257 + i;
    lengthExtras[length] = extra;
    lengthExtraBits[length] = lengthExtraBitsOf[i]!;
  }
}
// The longest has a symbol of its own, with nothing extra.
lengthSymbols[258] = 285;
lengthExtras[258] = 0;
lengthExtraBits[258] = 0;

/** By distance symbol: how many extra bits, and the least distance less one. */
export const distanceExtraBits = Uint8Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
export const distanceBases = new Uint16Array(30);
/** The symbol by the distance less one, `d`: of `d` below 256 in `near[d]`, else in `distant[d >> 7]`. */
export const near = new Uint8Array(256);
export const distant = new Uint8Array(256);
for (let i = 0, d = 0; i < 30; i++) {
  distanceBases[i] = d;
  for (const end = d + (1 << distanceExtraBits[i]!); d < end; d++) {
    if (d < 256) near[d] = i;
    else distant[d >> 7] = i;
  }
}

/** The order in which a block's head tells the lengths of the code that its codes' lengths are written in (3.2.7). */
export const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
