import { Command, Option } from 'commander';
import { edgeOrders } from '../core/edge-order.ts';
import { version } from '../core/version.ts';
import { command, type CommandContext, examples, output } from './command.ts';
import type { AliasOptions, SetAliasOptions } from './commands/alias.ts';
import type { FlowsOptions } from './commands/flows.ts';
import type { GraphOptions } from './commands/graph.ts';
import type { EvalOptions } from './commands/policy-eval.ts';
import type { ReachOptions } from './commands/policy-reach.ts';
import type { ServicesOptions } from './commands/services.ts';
import type { WorkloadsOptions } from './commands/workloads.ts';
import { addGenerateCommand } from './generate-command.ts';
import { addProofCommands } from './proof-commands.ts';
import { scopeOptions } from './question.ts';
import { addSettingsCommands } from './settings-commands.ts';
import type { Target } from './target.ts';
import type { Terminal } from './terminal.ts';

/** Where commands that need no aggregator read a cluster from. */
function manifestsOption(): Option {
  return new Option('--manifests <paths...>', 'manifest files or folders').makeOptionMandatory();
}

/** The whole command line. @param finish takes the exit status of a command that has one */
export function program(terminal: Terminal, finish: (exitStatus: number) => void): Command {
  const root = new Command('weir')
    .description('Shows how pods really talk to each other, and proves network policies before they are applied.')
    .version(version)
    .addHelpText(
      'after',
      examples([
        'weir status',
        'weir flows -n shop -f',
        'weir policy generate -n shop > shop.yaml',
        'weir policy check shop.yaml',
      ]),
    )
    .exitOverride();
  // What a command needs is loaded when it runs: most of it is dear to load, and no other command needs it.
  const on: CommandContext['on'] = async (options, work) => {
    const { withAggregator } = await import('./aggregator.ts');
    await withAggregator(options, work);
  };

  command(root, 'status', 'whether the installation is healthy: aggregators, store, agents, and what is missing')
    .addOption(new Option('-n, --namespace <name>', 'only what concerns the workloads in this namespace').default(''))
    .addOption(output('table', 'wide', 'json', 'yaml'))
    .addHelpText(
      'after',
      `${examples(['weir status', 'weir status -o wide', 'weir status -o json | jq .health.findings'])}

Exit status: 0 when it is healthy; 3 when there is a fault, notes do not count; 1 when nothing answers; 2 for bad input.`,
    )
    .action(async (options: Target & { namespace: string; output: string }) => {
      const { showStatus } = await import('./commands/status.ts');
      await on(options, async (connection) => finish(await showStatus(connection, terminal, options)));
    });

  command(root, 'flows', 'who talks to whom, on which port, and what the network did with it')
    .argument('[filter...]', 'in the flow query language (docs/QUERY.md), such as port=443 server.namespace=data')
    .option('-f, --follow', "print each window's flows as they are committed", false)
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .addOption(scopeOptions.since())
    .option('--verdict <verdict>', 'only forwarded, dropped, refused or unanswered')
    .option('--limit <n>', 'only the first so many')
    .addOption(new Option('--order <order>', 'what comes first').choices(edgeOrders).default('ends'))
    .addOption(output('table', 'json', 'jsonl', 'yaml'))
    .addHelpText(
      'after',
      examples([
        'weir flows -n shop --since 15m',
        "weir flows 'server.namespace=data port=6379 or type=external'",
        'weir flows --order bytes --limit 20',
        'weir flows -f --verdict dropped',
        'weir flows -n shop -o jsonl | jq .port',
      ]),
    )
    .action(async (filter: string[], options: FlowsOptions & Target) => {
      const { flows } = await import('./commands/flows.ts');
      await on(options, (connection) => flows(connection, terminal, filter, options));
    });

  command(root, 'graph', 'the workload graph')
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .addOption(scopeOptions.since())
    .option('--filter <filter>', 'in the flow query language, such as "port=443 verdict=dropped"')
    .addOption(output('table', 'json', 'yaml', 'dot', 'mermaid'))
    .addHelpText('after', examples(['weir graph -n shop', 'weir graph -o dot | dot -Tsvg > graph.svg']))
    .action(async (options: GraphOptions & Target) => {
      const { graph } = await import('./commands/graph.ts');
      await on(options, (connection) => graph(connection, terminal, options));
    });

  command(root, 'workloads', 'every workload, those without any traffic too')
    .addOption(scopeOptions.cluster())
    .addOption(new Option('-n, --namespace <name>', 'only workloads in this namespace'))
    .addOption(output('table', 'json', 'yaml'))
    .addHelpText('after', examples(['weir workloads -n shop']))
    .action(async (options: WorkloadsOptions & Target) => {
      const { showWorkloads } = await import('./commands/workloads.ts');
      await on(options, (connection) => showWorkloads(connection, terminal, options));
    });

  command(root, 'services', 'the Services, and the workloads that are behind their ports')
    .addOption(scopeOptions.cluster())
    .addOption(new Option('-n, --namespace <name>', 'only Services in this namespace'))
    .addOption(output('table', 'json', 'yaml'))
    .addHelpText('after', examples(['weir services -n shop']))
    .action(async (options: ServicesOptions & Target) => {
      const { showServices } = await import('./commands/services.ts');
      await on(options, (connection) => showServices(connection, terminal, options));
    });

  const alias = root.command('alias').description('name addresses outside the cluster').exitOverride();
  command(alias, 'list', 'the aliases, those that have expired included')
    .addOption(scopeOptions.cluster())
    .addOption(output('table', 'json', 'yaml'))
    .action(async (options: AliasOptions & Target & { output: string }) => {
      const { listAliases } = await import('./commands/alias.ts');
      await on(options, (connection) => listAliases(connection, terminal, options));
    });
  command(alias, 'set', 'make an alias, or change the one of that name')
    .argument('<name>', 'lower case letters, digits, - and .')
    .argument('<block>', 'addresses that it names: a block or a single one; the smallest block wins')
    .addOption(scopeOptions.cluster())
    .option('--allowed', 'let generated policies allow the whole block; without it they get no rule for it', false)
    .option('--expires <time>', 'when it ends: a time from now such as 7d, or a moment; never when absent')
    .option('--comment <text>', 'for people', '')
    .addHelpText(
      'after',
      examples(['weir alias set bank 203.0.113.0/24 --allowed', 'weir alias set visitor 198.51.100.7 --expires 7d']),
    )
    .action(async (name: string, block: string, options: SetAliasOptions & Target) => {
      const { setAlias } = await import('./commands/alias.ts');
      await on(options, (connection) => setAlias(connection, terminal, [name, block], options));
    });
  command(alias, 'remove', 'remove an alias: its addresses are shown as addresses again')
    .argument('<name>', 'as weir alias list prints it')
    .addOption(scopeOptions.cluster())
    .action(async (name: string, options: AliasOptions & Target) => {
      const { removeAlias } = await import('./commands/alias.ts');
      await on(options, (connection) => removeAlias(connection, terminal, name, options));
    });

  addSettingsCommands(root, { terminal, on });

  const policy = root.command('policy').description('make policies, and prove them').exitOverride();
  addGenerateCommand(policy, { terminal, on }, finish);

  policy
    .command('eval')
    .description('answer questions from manifests alone, one line each')
    .addOption(manifestsOption())
    .requiredOption('--queries <file>', 'lines of {"src","dst","proto","port"}, - for standard input')
    .option('--explain', 'with what decided, where it is written, and the smallest edit that would turn it', false)
    .addHelpText(
      'after',
      `${examples(['weir policy eval --manifests cluster/ --queries questions.jsonl'])}

src and dst are a pod as namespace/pod, a workload as namespace/name[Kind], or an IP address. Each line is answered with
{"ingress","egress","allow","because"}; allow is null where it depends on what "assumption" names.
Exit status: 0, or 2 when a manifest or a question could not be read; all others are answered all the same.`,
    )
    .action(async (options: EvalOptions) => {
      const { evaluateQueries } = await import('./commands/policy-eval.ts');
      finish(await evaluateQueries(terminal, options));
    });

  policy
    .command('reach')
    .description('which workloads may talk to which, on which ports, from manifests alone')
    .addOption(manifestsOption())
    .addOption(output('table', 'json', 'dot'))
    .addHelpText(
      'after',
      examples(['weir policy reach --manifests cluster/', 'weir policy reach --manifests a.yaml -o dot']),
    )
    .action(async (options: ReachOptions) => {
      const { showReach } = await import('./commands/policy-reach.ts');
      finish(await showReach(terminal, options));
    });

  addProofCommands(root, policy, { terminal, on }, finish);
  return root;
}
