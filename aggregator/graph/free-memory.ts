/**
 * Frees memory that nobody looks at any more; views of it are empty from then on. By itself it would stay until the whole
 * heap is collected, as what has lived for a while does, and what waits for that makes it come sooner.
 */
export function freeMemory(memory: readonly ArrayBufferLike[]): void {
  // Who gets a buffer by transfer has it as a young object, and here nobody keeps that.
  structuredClone(null, { transfer: memory as ArrayBuffer[] });
}
