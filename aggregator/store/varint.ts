/** Lays out a number; there must be room for 8 bytes. A number beyond 2^53 - 1 becomes 2^53 - 1. @returns where it ends */
function encode(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  if (value < 128) {
    bytes[at++] = value;
    return at;
  }
  let rest = Math.min(value, Number.MAX_SAFE_INTEGER);
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 0x80;
  for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}

/**
 * Whole numbers from 0 to 2^53 - 1 in groups of 7 bits, the lowest first (LEB128). Numbers above 2^31 are handled by
 * division, because JavaScript's bit operators stop at 32 bits.
 */
export class VarintWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param bytes about how many there will be */
  constructor(bytes = 1024) {
    this.#bytes = new Uint8Array(bytes);
  }

  /** A number beyond 2^53 - 1 is written as 2^53 - 1: sums may run over what is exact, and are then a lower bound. */
  write(value: number): void {
    this.#need(8);
    this.#length = encode(this.#bytes, this.#length, value);
  }

  /** Small numbers of either sign: 0, -1, 1, -2, ... become 0, 1, 2, 3, ... */
  writeSigned(value: number): void {
    this.write(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Writes the values of the rows in that order. */
  writeColumn(values: Float64Array | Uint8Array, order: Uint32Array): void {
    this.#need(8 * order.length);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let i = 0; i < order.length; i++) length = encode(bytes, length, values[order[i] as number] as number);
    this.#length = length;
  }

  /** How many, and then those bytes. */
  writeBytes(bytes: Uint8Array): void {
    this.write(bytes.length);
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Begins anew in the same memory. */
  reset(): void {
    this.#length = 0;
  }

  #need(bytes: number): void {
    while (this.#length + bytes > this.#bytes.length) this.#grow();
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2 + 16);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  /** What was written, until it begins anew. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Reads what VarintWriter wrote. @throws RangeError when there is less, or a number is too large */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(): number {
    const first = this.#bytes[this.#position] as number;
    // Most are so small.
    if (first < 0x80) {
      this.#position++;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new RangeError('the bytes end inside a number');
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a number is too large');
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  readSigned(): number {
    const value = this.read();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** What writeBytes wrote, in the same memory. */
  readBytes(): Uint8Array {
    const length = this.read();
    if (length > this.#bytes.length - this.#position) throw new RangeError('the bytes end too early');
    return this.#bytes.subarray(this.#position, (this.#position += length));
  }
}
