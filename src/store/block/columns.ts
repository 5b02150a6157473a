import { Bytes } from './bytes.ts';

/** A column of a block: the texts of its rows, one after the other. */
export class TextColumn {
  readonly #bytes = new Bytes(64 * 1024);

  add(text: string): void {
    this.#bytes.text(text);
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  writeTo(block: Bytes): void {
    block.append(this.#bytes.written);
  }
}

/** Version 1 of the serialization: shared dictionaries with additional keys. */
const keysVersion = 1;
/** The dictionary comes with the block (`HasAdditionalKeysBit`). */
const hasKeys = 1 << 9;

/**
 * A column of few different texts: each of them once, and for each row its place (ClickHouse's `LowCardinality(String)`;
 * the layout is in `SerializationLowCardinality.cpp`). The engine then applies a function once for each different text. Not for
 * columns with many: looking one of 15,000 texts up costs more than writing it again.
 */
export class DictionaryColumn {
  readonly #places = new Map<string, number>();
  readonly #texts = new Bytes(4096);
  readonly #rows = new Numbers();
  /** The text that was last seen in each slot, and its place: most texts are frequent ones, and a map must hash them. */
  readonly #recent: string[] = new Array(slots).fill('');
  readonly #recentPlaces = new Int32Array(slots).fill(-1);

  add(text: string): void {
    const slot = slotOf(text);
    let place = this.#recentPlaces[slot]!;
    if (place < 0 || this.#recent[slot] !== text) {
      place = this.#placeOf(text);
      this.#recent[slot] = text;
      this.#recentPlaces[slot] = place;
    }
    this.#rows.add(place);
  }

  #placeOf(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(text, place);
    this.#texts.text(text);
    return place;
  }

  get bytes(): number {
    return this.#texts.length;
  }

  writeTo(block: Bytes): void {
    const size = this.#places.size;
    const { all } = this.#rows;
    const [indexType, places] =
      size <= 2 ** 8 ? [0, new Uint8Array(all)] : size <= 2 ** 16 ? [1, new Uint16Array(all)] : [2, all];
    block.uint64(keysVersion);
    block.uint64(indexType | hasKeys);
    block.uint64(size);
    block.append(this.#texts.written);
    block.uint64(all.length);
    block.append(bytesOf(places));
  }
}

const slots = 1024;

/** A slot by the length and three characters of a text: texts of one column mostly differ near their end or middle. */
function slotOf(text: string): number {
  const { length } = text;
  if (length === 0) return 0;
  const late = length > 4 ? text.charCodeAt(length - 4) : 0;
  const hash = length * 31 + text.charCodeAt(length - 1) * 17 + late * 101 + text.charCodeAt(length >> 1) * 257;
  return hash & (slots - 1);
}

/** A column of whole numbers of 8, 32 or 64 bits; 64-bit ones are exact up to 2^53. */
export class NumberColumn {
  readonly #bits: 8 | 32 | 64;
  readonly #numbers = new Numbers();

  constructor(bits: 8 | 32 | 64) {
    this.#bits = bits;
  }

  add(value: number): void {
    this.#numbers.add(value >>> 0);
    if (this.#bits === 64) this.#numbers.add(Math.floor(value / 2 ** 32) >>> 0);
  }

  writeTo(block: Bytes): void {
    const { all } = this.#numbers;
    block.append(this.#bits === 8 ? new Uint8Array(all) : bytesOf(all));
  }
}

/** A list of numbers below 2^32 that grows. */
class Numbers {
  #numbers = new Uint32Array(1024);
  #length = 0;

  add(value: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(this.#length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length++] = value;
  }

  get all(): Uint32Array {
    return this.#numbers.subarray(0, this.#length);
  }
}

/** As they lie in memory: little-endian on every machine that the engine runs on, as the format wants them. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
