import type { Command } from 'commander';
import { command, type CommandContext, examples, output } from './command.ts';
import type { BaselineOptions } from './commands/policy-baseline.ts';
import type { DriftOptions } from './commands/policy-drift.ts';
import type { Finish } from './finish.ts';
import { type ScopeOptions, scopeOptions } from './question.ts';
import type { Target } from './target.ts';

/** `weir policy baseline` and `weir policy drift`. */
export function addBaselineCommands(policy: Command, { terminal, on }: CommandContext, finish: Finish): void {
  const baseline = policy.command('baseline').description('what was accepted as what should be').exitOverride();
  command(baseline, 'set', 'accept what was seen; replaces the baseline of that name')
    .argument('<name>', 'lower case letters, digits, - and .')
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .addOption(scopeOptions.since())
    .option('--comment <text>', 'for people', '')
    .addHelpText('after', examples(['weir policy baseline set release-12 -n shop --since 7d']))
    .action(async (name: string, options: ScopeOptions & Target & { comment: string }) => {
      const { setBaseline } = await import('./commands/policy-baseline.ts');
      await on(options, (connection) => setBaseline(connection, terminal, name, options));
    });
  command(baseline, 'list', 'the baselines')
    .addOption(scopeOptions.cluster())
    .addOption(output('table', 'json', 'yaml'))
    .action(async (options: BaselineOptions & Target & { output: string }) => {
      const { listBaselines } = await import('./commands/policy-baseline.ts');
      await on(options, (connection) => listBaselines(connection, terminal, options));
    });
  command(baseline, 'remove', 'remove a baseline')
    .argument('<name>', 'as weir policy baseline list prints it')
    .addOption(scopeOptions.cluster())
    .action(async (name: string, options: BaselineOptions & Target) => {
      const { removeBaseline } = await import('./commands/policy-baseline.ts');
      await on(options, (connection) => removeBaseline(connection, terminal, name, options));
    });
  command(policy, 'drift', 'what has changed since a baseline, and rules that nothing needs any more')
    .argument('<baseline>', 'as weir policy baseline list prints it')
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.since())
    .option('--unused-after <time>', 'rules that no traffic needed for so long are unused', '30d')
    .addOption(output('table', 'json', 'jsonl', 'yaml'))
    .addHelpText(
      'after',
      `${examples(['weir policy drift release-12', 'weir policy drift release-12 --since 1d --unused-after 14d'])}

Exit status: 0; 1 when there is new traffic, or what the network does with it has changed.`,
    )
    .action(async (name: string, options: DriftOptions & Target) => {
      const { showDrift } = await import('./commands/policy-drift.ts');
      await on(options, async (connection) => finish(await showDrift(connection, terminal, name, options)));
    });
}
