/** A Huffman code of a deflate block (RFC 1951 §3.2.2): for each symbol its bits, the first one lowest, and their number. */
export type Code = { readonly bits: Uint16Array; readonly lengths: Uint8Array };

/** A code for at least two symbols with these frequencies, each at least 1; no symbol takes more than `most` bits. */
export function codeFor(frequencies: Uint32Array, most: number): Code {
  const symbols = [...frequencies.keys()].sort((a, b) => frequencies[a]! - frequencies[b]! || a - b);
  const perLength = limited(leavesPerDepth(symbols.map((symbol) => frequencies[symbol]!)), most);
  const lengths = new Uint8Array(frequencies.length);
  // The rarest symbols get the longest codes.
  let next = 0;
  for (let length = most; length > 0; length--) {
    for (let i = perLength[length]!; i > 0; i--) lengths[symbols[next++]!] = length;
  }
  return { bits: canonical(lengths, most), lengths };
}

/** The number of leaves of a Huffman tree at each depth. Weights ascend, so two queues suffice (van Leeuwen 1976). */
function leavesPerDepth(weights: readonly number[]): number[] {
  const leaves = weights.length;
  const sums = [...weights];
  const parents: number[] = [];
  let leaf = 0;
  let inner = leaves;
  const lighter = () => (leaf < leaves && (inner >= sums.length || sums[leaf]! <= sums[inner]!) ? leaf++ : inner++);
  for (let node = leaves; node < 2 * leaves - 1; node++) {
    const [first, second] = [lighter(), lighter()];
    parents[first] = node;
    parents[second] = node;
    sums.push(sums[first]! + sums[second]!);
  }
  const depths: number[] = new Array(2 * leaves - 1).fill(0);
  const counts: number[] = new Array(leaves).fill(0);
  for (let node = 2 * leaves - 3; node >= 0; node--) {
    const depth = depths[parents[node]!]! + 1;
    depths[node] = depth;
    if (node < leaves) counts[depth]!++;
  }
  return counts;
}

/** Codes longer than `most` bits are shortened; shorter ones grow until the code is complete (Kraft's sum is one). */
function limited(counts: readonly number[], most: number): number[] {
  const perLength: number[] = new Array(most + 1).fill(0);
  for (const [depth, count] of counts.entries()) perLength[Math.min(depth, most)]! += count;
  let sum = 0;
  for (let length = 1; length <= most; length++) sum += perLength[length]! << (most - length);
  for (; sum > 1 << most; sum--) {
    let length = most - 1;
    while (perLength[length] === 0) length--;
    perLength[length]!--;
    perLength[length + 1]! += 2;
    perLength[most]!--;
  }
  return perLength;
}

function canonical(lengths: Uint8Array, most: number): Uint16Array {
  const bits = new Uint16Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= most; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] === length) bits[symbol] = reversed(code++, length);
    }
    code <<= 1;
  }
  return bits;
}

/** Codes are written from their highest bit, everything else from its lowest (RFC 1951 §3.1.1). */
export function reversed(code: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((code >> i) & 1) << (length - 1 - i);
  return bits;
}
