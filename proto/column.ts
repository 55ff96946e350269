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

/** Bits at the end of what is read that a look ahead may touch. */
const padding = 8;

/**
 * Reads what writeColumn wrote. @param count of values, which the caller has held to a bound
 * @throws Invalid when it holds more or fewer, or what is no count
 */
export function readColumn(bytes: Uint8Array, count: number, name: string): Float64Array {
  const order = bytes[0] as number;
  const end = bytes.length * 8;
  check(bytes.length > 0 && order <= maxOrder, `column ${name} begins with ${order}, which is no order of a code`);
  check(count <= end, `column ${name} has ${bytes.length} bytes, too few for ${count} values`);
  const values = new Float64Array(count);
  const padded = new Uint8Array(bytes.length + padding);
  padded.set(bytes);
  const scale = 2 ** order;
  let at = 8;
  const word = (bit: number): number => {
    const i = bit >>> 3;
    const high =
      ((padded[i] as number) << 24) |
      ((padded[i + 1] as number) << 16) |
      ((padded[i + 2] as number) << 8) |
      (padded[i + 3] as number);
    const shift = bit & 7;
    return shift === 0 ? high >>> 0 : ((high << shift) | ((padded[i + 4] as number) >>> (8 - shift))) >>> 0;
  };
  const take = (width: number): number => {
    let value = 0;
    for (let left = width; left > 0; ) {
      const part = Math.min(left, 32);
      if (at + part > end) throw new Invalid(`column ${name} ends inside a value`);
      value = value * 2 ** part + (word(at) >>> (32 - part));
      at += part;
      left -= part;
    }
    return value;
  };
  for (let i = 0; i < count; i++) {
    if (at >= end) throw new Invalid(`column ${name} ends after ${i} of ${count} values`);
    const next = word(at);
    const zeros = Math.clz32(next);
    const width = 2 * zeros + 1;
    if (width + order <= 32) {
      const low = order === 0 ? 0 : (next << width) >>> (32 - order);
      values[i] = ((next >>> (31 - 2 * zeros)) - 1) * scale + low;
      at += width + order;
      continue;
    }
    let prefix = zeros;
    at += zeros;
    if (zeros === 32) {
      const rest = Math.clz32(at < end ? word(at) : 0);
      prefix += rest;
      at += rest;
    }
    check(prefix < 54, `column ${name} holds at ${i} what is no count`);
    const value = (take(prefix + 1) - 1) * scale + take(order);
    check(value <= safe, `column ${name} holds at ${i} what is no count`);
    values[i] = value;
  }
  const filled = end - at < 8 && ((bytes.at(-1) as number) & ((1 << (end - at)) - 1)) === 0;
  check(filled, `column ${name} has ${bytes.length} bytes, not those of ${count} values`);
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
  if (coded >= 2 * near) return coded;
  return coded % 2 === 0 ? near + coded / 2 : near - (coded + 1) / 2;
}
