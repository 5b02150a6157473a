/** The CRC-32 polynomial (ISO 3309), bits reversed. */
const polynomial = 0xedb8_8320;

/**
 * The CRC-32 of two texts one after the other, from the CRC of each and the bytes of the second: what zlib calls
 * crc32_combine. A text's CRC moves on by n zero bytes when it is multiplied by x^8n modulo the polynomial.
 */
export function crcOfBoth(first: number, second: number, secondBytes: number): number {
  // x^(2^3), the power for one byte; bits are reversed, so that x^8 is bit 31 - 8.
  let power = 1 << 23;
  let moved = first;
  for (let bytes = secondBytes; bytes > 0; bytes = Math.floor(bytes / 2)) {
    if (bytes % 2 === 1) moved = product(power, moved);
    power = product(power, power);
  }
  return (moved ^ second) >>> 0;
}

/** The product of two polynomials over GF(2) modulo the CRC's. */
function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let bit = 1 << 31; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) sum ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ polynomial;
  }
  return sum;
}
