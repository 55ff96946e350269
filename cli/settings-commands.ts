import type { Command } from 'commander';
import { command, type CommandContext, examples, output } from './command.ts';
import type { SettingsOptions, SetSettingsOptions } from './commands/settings.ts';
import { scopeOptions } from './question.ts';
import { serviceRules } from './service-rules.ts';
import type { Target } from './target.ts';

/** `weir settings show` and `weir settings set`. */
export function addSettingsCommands(root: Command, { terminal, on }: CommandContext): void {
  const settings = root.command('settings').description('what holds for the cluster as a whole').exitOverride();
  command(settings, 'show', 'the settings, and their revision')
    .addOption(scopeOptions.cluster())
    .addOption(output('table', 'json', 'yaml'))
    .action(async (options: SettingsOptions & Target & { output: string }) => {
      const { showSettings } = await import('./commands/settings.ts');
      await on(options, (connection) => showSettings(connection, terminal, options));
    });
  command(settings, 'set', 'change some settings and keep the rest; lists have commas, and an empty one clears')
    .addOption(scopeOptions.cluster())
    .option('--workload-labels <keys>', 'the only label keys that selectors of pods may use; a key may end in *')
    .option('--not-workload-labels <keys>', 'label keys that selectors of pods may not use')
    .option('--namespace-labels <keys>', 'the only label keys that selectors of namespaces may use')
    .option('--not-namespace-labels <keys>', 'label keys that selectors of namespaces may not use')
    .option('--pod-cidrs <blocks>', 'where pods have their addresses from, besides what the cluster states')
    .option('--service-cidrs <blocks>', 'where Services have theirs from, besides what the cluster states')
    .option('--service-rules <what>', `what egress rules for Services name: ${Object.keys(serviceRules).join(', ')}`)
    .addHelpText(
      'after',
      examples([
        'weir settings set --workload-labels app,app.kubernetes.io/*',
        'weir settings set --pod-cidrs 10.244.0.0/16,fd00:10::/56',
        "weir settings set --not-workload-labels ''",
      ]),
    )
    .action(async (options: SetSettingsOptions & Target) => {
      const { setSettings } = await import('./commands/settings.ts');
      await on(options, (connection) => setSettings(connection, terminal, options));
    });
}
