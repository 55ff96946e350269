import { createHash } from 'node:crypto';

/** The characters of generated Kubernetes names: no vowels and no look-alikes. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix as Kubernetes generates them, decided by the text alone. */
export function suffixOf(text: string, length: number): string {
  const digest = createHash('sha1').update(text).digest();
  return [...digest.subarray(0, length)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

/** 64 hex digits in the place of a container runtime's sandbox id. */
export function sandboxOf(uid: string): string {
  return createHash('sha256').update(uid).digest('hex');
}

/** All network namespaces of a lab begin so. A lab's name holds no dash, so that no prefix contains another. */
export function netnsPrefix(lab: string): string {
  return `weir-${lab}-`;
}

/** Where the agents of a lab keep their capture between starts, a folder for each node. */
export function pinsDir(lab: string): string {
  return `/sys/fs/bpf/weir-lab-${lab}`;
}

export function isLabName(name: string): boolean {
  return /^[a-z][a-z0-9]{0,15}$/.test(name);
}
