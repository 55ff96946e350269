import { Command, CommanderError, Option } from 'commander';
import { WeirError } from '../../core/errors.ts';
import type { Content } from './sqlite-copy.ts';
import { backup } from './sqlite-backup.ts';
import { asideOf, restore } from './sqlite-restore.ts';

/** What a command that copies is told of the world. */
export interface CopyWorld {
  /** Takes what the command has done. */
  readonly out: (text: string) => void;
  /** Takes how far it is. */
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
}

interface Flags {
  readonly database: string;
  readonly replace?: boolean;
}

/** Whether the arguments of the aggregator's program are those of a command that copies. */
export function copies([first]: readonly string[]): boolean {
  return first === 'backup' || first === 'restore';
}

/** Runs `backup FILE` or `restore FILE`. @throws WeirError USAGE, STORE, STORE_COPY */
export async function runCopy(argv: readonly string[], { out, err, signal }: CopyWorld): Promise<void> {
  const onProgress = progressLines(err);
  const database = () =>
    new Option('--database <file>', 'the SQLite file').env('WEIR_DATABASE').default('/var/lib/weir/weir.db');
  const program = new Command('weir-aggregator')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: () => undefined });
  program
    .command('backup <file>')
    .description('Copies the database, while an aggregator goes on using it, and checks the copy.')
    .addOption(database())
    .action(async (to: string, { database }: Flags) => {
      out(`${summary(await backup({ database, to, onProgress, signal }))}: ${to}\n`);
    });
  program
    .command('restore <file>')
    .description('Puts a copy, once it is checked, in the place of a database that no aggregator uses.')
    .addOption(database())
    .option('--replace', 'put a database that is there already aside')
    .action(async (copy: string, { database, replace = false }: Flags) => {
      const content = await restore({ copy, database, replace, onProgress, signal });
      out(`${summary(content)}: ${database}\n`);
      if (replace) out(`what was there before is ${asideOf(database)}; remove it when it is not needed\n`);
    });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new WeirError('USAGE', `${error.message.replace(/^error: /, '')}; see --help`);
  }
}

/** Says every tenth that is done. */
function progressLines(write: (text: string) => void): (part: number) => void {
  let told = 0;
  return (part) => {
    const tenths = Math.floor(part * 10);
    if (tenths > told) write(`copied ${tenths * 10} %\n`);
    told = Math.max(told, tenths);
  };
}

function summary({ version, bytes, rows }: Content): string {
  const { cursor = 0, segment = 0, piece = 0, lane = 0 } = rows;
  const held = `${cursor} nodes, ${segment} segments, ${piece} pieces, ${lane} lanes`;
  return `copied and checked ${(bytes / 1e6).toFixed(1)} MB (schema ${version}: ${held})`;
}
