import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

const bytes = 2 * 1024 * 1024;

/** Why there can be none; false where there can. */
export const withoutSmallDisk = process.getuid?.() === 0 ? false : 'only root may mount a small file system';

/** The folder of a file system of two MiB. @param options of mount */
export function smallDisk(t: Test, options = 'rw'): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},${options}`, 'weir-test', folder]);
  t.teardown(() => {
    // Lazily: some keep their files open as long as the process lives.
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Leaves no room on a disk; the way back is to remove it. */
export function fillDisk(folder: string): string {
  const path = join(folder, 'ballast');
  for (let size = bytes; size >= 1; size = Math.floor(size / 2)) {
    try {
      writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // Less fits.
    }
  }
  return path;
}
