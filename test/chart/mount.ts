import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file or a folder of this machine, and where a container has it. */
export interface Mount {
  readonly from: string;
  readonly to: string;
  readonly readOnly: boolean;
}

/** As a shell takes it for one word. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The lines of a shell that mount it. @param at the root of the container */
export function mountLines(at: string, { from, to, readOnly }: Mount): string[] {
  const place = quote(join(at, to));
  const make =
    existsSync(from) && statSync(from).isDirectory()
      ? `mkdir -p ${place}`
      : `mkdir -p $(dirname ${place}); touch ${place}`;
  return [make, `mount --rbind ${quote(from)} ${place}`, ...(readOnly ? [`mount -o remount,bind,ro ${place}`] : [])];
}
