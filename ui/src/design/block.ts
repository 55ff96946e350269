/** The bits of an address, four or sixteen bytes long; null for what is none. */
function bytesOf(address: string): number[] | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const bytes = address.split('.').map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : null;
  }
  if (!/^[0-9a-f:]+$/i.test(address) || !address.includes(':')) return null;
  const [head = '', tail, ...rest] = address.split('::');
  if (rest.length > 0) return null;
  const words = (text: string) => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)));
  const [before, after] = [words(head), words(tail ?? '')];
  const filled = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => 0);
  const all = [...before, ...filled, ...after];
  if (all.length !== 8 || all.some((word) => !(word >= 0 && word <= 0xffff))) return null;
  return all.flatMap((word) => [word >> 8, word & 255]);
}

/** Whether an address lies in a block such as 192.0.2.0/24; false for what is no address or no block. */
export function inBlock(address: string, block: string): boolean {
  const [base = '', length = ''] = block.split('/');
  const [own, other] = [bytesOf(address), bytesOf(base)];
  if (own === null || other === null || own.length !== other.length || !/^\d{1,3}$/.test(length)) return false;
  return own.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, Number(length) - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((other[index] ?? 0) & mask);
  });
}
