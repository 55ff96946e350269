import { createHash } from 'node:crypto';

/** The first hexadecimal digits of a hash. */
export function hexHash(algorithm: 'sha1' | 'sha256', text: string, digits: number): string {
  return createHash(algorithm).update(text).digest('hex').slice(0, digits);
}
