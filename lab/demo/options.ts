import { Command, CommanderError } from 'commander';
import { WeirError } from '../../core/errors.ts';
import { isLabName } from '../names.ts';
import { cniOption, nodesOption, type Shape } from '../shape.ts';

export interface DemoOptions extends Shape {
  /** Name of the lab; two demos of different names can run side by side if they listen on different ports. */
  readonly name: string;
  /** Run through and exit. */
  readonly once: boolean;
  /** The last line of standard output is the result as JSON; everything else goes to standard error. */
  readonly json: boolean;
  /** host:port for the command line and other gRPC clients. */
  readonly listen: string;
  readonly metricsListen: string;
  readonly httpListen: string;
  /** Length of the agents' windows, such as 5s. */
  readonly window: string;
}

/** @throws WeirError USAGE. Null when only help was asked for. */
export function readOptions(argv: readonly string[], write: (text: string) => void): DemoOptions | null {
  const command = new Command('npm run demo --')
    .description('Shows Weir at work: a cluster on this machine, its traffic, its policies, and a rogue pod.')
    .option('--once', 'run through and exit', false)
    .option('--json', 'end with one line of JSON on standard output', false)
    .option('--name <name>', 'name of the lab', 'demo')
    .addOption(cniOption)
    .addOption(nodesOption)
    .option('--listen <address>', 'where the aggregator answers', '127.0.0.1:7280')
    .option('--metrics-listen <address>', "where the aggregator's metrics are", '127.0.0.1:7281')
    .option('--http-listen <address>', 'where the web app and the JSON API are', '127.0.0.1:7282')
    .option('--window <time>', "length of the agents' reports", '5s')
    .configureOutput({ writeOut: write, writeErr: () => undefined })
    .exitOverride();
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new WeirError('USAGE', `${error.message.replace(/^error: /, '')}; see --help`);
  }
  const options = command.opts<DemoOptions>();
  if (!isLabName(options.name)) {
    throw new WeirError('USAGE', `--name ${options.name}: use up to 16 lower-case letters and digits`);
  }
  return options;
}
