import { check, Invalid } from './check.ts';

/** Columns of counts as weir/v1/ingest.proto has them: exponential Golomb codes, of the order that suits the column. */

const maxOrder = 52;
const safe = Number.MAX_SAFE_INTEGER;

/** How many bits a count has; 0 for 0. */
function bitLength(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32);
}

function bitsAt(values: ArrayLike<number>, order: number): number {
  const scale = 2 ** order;
  let bits = 0;
  for (let i = 0; i < values.length; i++) bits += 2 * bitLength(Math.floor((values[i] as number) / scale) + 1);
  return bits + values.length * (order - 1);
}

/** The order with which a column takes the fewest bits, as far as that can be found by going down from its mean's. */
function bestOrder(values: ArrayLike<number>): { readonly order: number; readonly bits: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  let order = Math.min(maxOrder, bitLength(Math.floor(sum / values.length)));
  let bits = bitsAt(values, order);
  while (order > 0) {
    const fewer = bitsAt(values, order - 1);
    if (fewer > bits) break;
    bits = fewer;
    order--;
  }
  return { order, bits };
}

/** Writes counts, 0 to 2^53 - 1. */
export function writeColumn(values: ArrayLike<number>): Uint8Array {
  let used = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) used = 1;
  if (used === 0) return new Uint8Array();
  const { order, bits } = bestOrder(values);
  const scale = 2 ** order;
  const bytes = new Uint8Array(1 + Math.ceil(bits / 8));
  bytes[0] = order;
  let length = 1;
  let held = 0;
  let heldBits = 0;
  const put = (value: number, width: number): void => {
    let low = value;
    let lowBits = width;
    if (width > 16) {
      put(Math.floor(value / 65_536), width - 16);
      low = value % 65_536;
      lowBits = 16;
    }
    held = (held << lowBits) | low;
    heldBits += lowBits;
    for (; heldBits >= 8; heldBits -= 8) bytes[length++] = held >>> (heldBits - 8);
    held &= (1 << heldBits) - 1;
  };
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const high = Math.floor(value / scale) + 1;
    put(high, 2 * bitLength(high) - 1);
    put(value % scale, order);
  }
  if (heldBits > 0) bytes[length++] = held << (8 - heldBits);
  return bytes;
}

/** Bytes behind the end of a column that a look ahead may touch. */
const padding = 8;

/** Holds the column that is read, with padding of zeros: to make one for each would take longer than to read it. */
let padded = new Uint8Array(4096);
let view = new DataView(padded.buffer);

function pad(bytes: Uint8Array): DataView {
  if (bytes.length + padding > padded.length) {
    padded = new Uint8Array(2 * bytes.length + padding);
    view = new DataView(padded.buffer);
  }
  padded.set(bytes);
  padded.fill(0, bytes.length, bytes.length + padding);
  return view;
}

/** The 32 bits from a place on. */
function wordAt(bytes: DataView, bit: number): number {
  const i = bit >>> 3;
  // Shifting by 8 takes all of the fifth byte away, as shifting by 0 leaves all of the others.
  return (bytes.getInt32(i) << (bit & 7)) | (bytes.getUint8(i + 4) >>> (8 - (bit & 7)));
}

/** Reads the values of one column one after the other; those that fit into a word are read without it. */
class LongValues {
  readonly #bytes: DataView;
  readonly #end: number;
  readonly #name: string;
  at = 0;

  constructor(bytes: DataView, end: number, name: string) {
    this.#bytes = bytes;
    this.#end = end;
    this.#name = name;
  }

  #take(width: number): number {
    let value = 0;
    for (let left = width; left > 0; ) {
      const part = Math.min(left, 32);
      if (this.at + part > this.#end) throw new Invalid(`column ${this.#name} ends inside a value`);
      value = value * 2 ** part + (wordAt(this.#bytes, this.at) >>> (32 - part));
      this.at += part;
      left -= part;
    }
    return value;
  }

  /** The value at `at`, which is moved behind it. @param index for the message */
  read(order: number, index: number): number {
    let prefix = Math.clz32(wordAt(this.#bytes, this.at));
    this.at += prefix;
    if (prefix === 32) {
      const rest = Math.clz32(this.at < this.#end ? wordAt(this.#bytes, this.at) : 0);
      prefix += rest;
      this.at += rest;
    }
    check(prefix < 54, `column ${this.#name} holds at ${index} what is no count`);
    const value = (this.#take(prefix + 1) - 1) * 2 ** order + this.#take(order);
    check(value <= safe, `column ${this.#name} holds at ${index} what is no count`);
    return value;
  }
}

/**
 * Reads what writeColumn wrote into as many places as there are values, which the caller has held to a bound.
 * @throws Invalid when it holds more or fewer, or what is no count
 */
export function readColumnInto(values: Float64Array, bytes: Uint8Array, name: string): void {
  const count = values.length;
  const order = bytes[0] as number;
  const end = bytes.length * 8;
  if (bytes.length === 0 || order > maxOrder) {
    throw new Invalid(`column ${name} begins with ${order}, which is no order of a code`);
  }
  if (count > end) throw new Invalid(`column ${name} has ${bytes.length} bytes, too few for ${count} values`);
  const from = pad(bytes);
  const scale = 2 ** order;
  const mostZeros = (31 - order) >> 1;
  let long: LongValues | null = null;
  let at = 8;
  for (let i = 0; i < count; i++) {
    if (at >= end) throw new Invalid(`column ${name} ends after ${i} of ${count} values`);
    const next = wordAt(from, at);
    const zeros = Math.clz32(next);
    if (zeros <= mostZeros) {
      const width = 2 * zeros + 1;
      const low = order === 0 ? 0 : (next << width) >>> (32 - order);
      values[i] = ((next >>> (31 - 2 * zeros)) - 1) * scale + low;
      at += width + order;
      continue;
    }
    long ??= new LongValues(from, end, name);
    long.at = at;
    values[i] = long.read(order, i);
    at = long.at;
  }
  const isFilled = end - at < 8 && ((bytes.at(-1) as number) & ((1 << (end - at)) - 1)) === 0;
  if (!isFilled) throw new Invalid(`column ${name} has ${bytes.length} bytes, not those of ${count} values`);
}

/** As readColumnInto, into an array of its own. @param count of values, which the caller has held to a bound */
export function readColumn(bytes: Uint8Array, count: number, name: string): Float64Array {
  const values = new Float64Array(count);
  readColumnInto(values, bytes, name);
  return values;
}

/** So that twice a prediction is exact, and its distance to any count a count. */
const maxPrediction = 2 ** 51;

/** A count by its distance to what predicts it; never negative. */
export function distance(value: number, predicted: number): number {
  const near = Math.min(predicted, maxPrediction);
  if (value >= 2 * near) return value;
  return value >= near ? 2 * (value - near) : 2 * (near - value) - 1;
}

/** The count that `distance` made this of. */
export function atDistance(coded: number, predicted: number): number {
  const near = Math.min(predicted, maxPrediction);
  // Mostly.
  if (coded === 0) return near;
  if (coded >= 2 * near) return coded;
  // Not by the remainder, which takes ten times as long for numbers that may be large.
  const half = Math.floor(coded / 2);
  return 2 * half === coded ? near + half : near - half - 1;
}
