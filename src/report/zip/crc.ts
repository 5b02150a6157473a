/** The CRC-32 polynomial (ISO 3309), bits reversed. */
const polynomial = 0xedb8_8320;

/**
 * The CRC-32 of two texts joined, from the CRC of each and the length of the second in bytes (zlib's crc32_combine,
 * which Node does not export). To append n zero bytes, a CRC is multiplied by x^8n modulo the polynomial.
 */
export function crcOfBoth(first: number, second: number, secondBytes: number): number {
  // x^8, for one byte. Bits are reversed, so x^8 is bit 31 - 8.
  let power = 1 << 23;
  let moved = first;
  for (let bytes = secondBytes; bytes > 0; bytes = Math.floor(bytes / 2)) {
    if (bytes % 2 === 1) moved = product(power, moved);
    power = product(power, power);
  }
  return (moved ^ second) >>> 0;
}

/** The product of two polynomials over GF(2), modulo the CRC's polynomial. */
function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let bit = 1 << 31; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) sum ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ polynomial;
  }
  return sum;
}
