/** The symbols of lengths and distances (RFC 1951 §3.2.5), as tables with one look-up for each token. */

const lengthExtraBitsOf = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5];

/** By length, 3 to 258: the symbol, the value of the extra bits, and their number. */
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
// Length 258 has a symbol of its own without extra bits.
lengthSymbols[258] = 285;
lengthExtras[258] = 0;
lengthExtraBits[258] = 0;

/** By distance symbol: the number of extra bits, and the least distance minus one. */
export const distanceExtraBits = Uint8Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
export const distanceBases = new Uint16Array(30);
/** The symbol of a distance, by `d`, the distance minus one: `near[d]` below 256, else `distant[d >> 7]`. */
export const near = new Uint8Array(256);
export const distant = new Uint8Array(256);
for (let i = 0, d = 0; i < 30; i++) {
  distanceBases[i] = d;
  for (const end = d + (1 << distanceExtraBits[i]!); d < end; d++) {
    if (d < 256) near[d] = i;
    else distant[d >> 7] = i;
  }
}

/** The order of the code length codes in a block's head (RFC 1951 §3.2.7). */
export const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
