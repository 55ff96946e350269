import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { SqliteStore } from '../../../aggregator/store/sqlite.ts';
import { newFolder } from '../running.ts';
import { copyContract } from './contract.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../../../aggregator/main.js');

copyContract(t, async (t) => {
  const folder = newFolder(t);
  const [path, copy] = [join(folder, 'weir.db'), join(folder, 'copy.db')];
  const aggregator = (...args: string[]) => run(process.execPath, [main, ...args, '--database', path]);
  return {
    open: async () => new SqliteStore({ path, synchronous: 'NORMAL', maxCached: 1_000 }),
    backup: async () => {
      rmSync(copy, { force: true });
      await aggregator('backup', copy);
    },
    restore: async () => void (await aggregator('restore', copy, '--replace')),
  };
});
