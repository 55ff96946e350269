/** A larger array with the same beginning. */
export function grown<Values extends Float64Array | Int32Array | Uint32Array | Uint8Array>(
  from: Values,
  into: Values,
): Values {
  into.set(from);
  return into;
}
