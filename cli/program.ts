import { Command, Option } from 'commander';
import { version } from '../core/version.ts';
import { withAggregator } from './aggregator.ts';
import { command, type CommandContext, examples, output } from './command.ts';
import { type AliasOptions, listAliases, removeAlias, setAlias, type SetAliasOptions } from './commands/alias.ts';
import { type FlowsOptions, flows } from './commands/flows.ts';
import { type GraphOptions, graph } from './commands/graph.ts';
import { type EvalOptions, evaluateQueries } from './commands/policy-eval.ts';
import { type GenerateOptions, generatePolicies } from './commands/policy-generate.ts';
import { type ReachOptions, showReach } from './commands/policy-reach.ts';
import { type ServicesOptions, showServices } from './commands/services.ts';
import { showStatus } from './commands/status.ts';
import { showWorkloads, type WorkloadsOptions } from './commands/workloads.ts';
import { addProofCommands } from './proof-commands.ts';
import { scopeOptions } from './question.ts';
import { addSettingsCommands } from './settings-commands.ts';
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
  const on: CommandContext['on'] = (options, work) => withAggregator(options.aggregator, work);

  command(root, 'status', 'agents, what they watch, and what is missing')
    .addOption(output('table', 'json', 'yaml'))
    .addHelpText('after', examples(['weir status', 'weir status -o json | jq .clusters[].agents']))
    .action((options: { aggregator: string; output: string }) =>
      on(options, (connection) => showStatus(connection, terminal, options.output)),
    );

  command(root, 'flows', 'who talks to whom, on which port, and what the network did with it')
    .option('-f, --follow', "print each window's flows as they are committed", false)
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .addOption(scopeOptions.since())
    .option('--verdict <verdict>', 'only forwarded, dropped, refused or unanswered')
    .addOption(output('table', 'json', 'jsonl', 'yaml'))
    .addHelpText(
      'after',
      examples(['weir flows -n shop --since 15m', 'weir flows -f --verdict dropped', 'weir flows -n shop -o json']),
    )
    .action((options: FlowsOptions & { aggregator: string }) =>
      on(options, (connection) => flows(connection, terminal, options)),
    );

  command(root, 'graph', 'the workload graph')
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .addOption(scopeOptions.since())
    .addOption(output('table', 'json', 'yaml', 'dot', 'mermaid'))
    .addHelpText('after', examples(['weir graph -n shop', 'weir graph -o dot | dot -Tsvg > graph.svg']))
    .action((options: GraphOptions & { aggregator: string }) =>
      on(options, (connection) => graph(connection, terminal, options)),
    );

  command(root, 'workloads', 'every workload, those without any traffic too')
    .addOption(scopeOptions.cluster())
    .addOption(new Option('-n, --namespace <name>', 'only workloads in this namespace'))
    .addOption(output('table', 'json', 'yaml'))
    .addHelpText('after', examples(['weir workloads -n shop']))
    .action((options: WorkloadsOptions & { aggregator: string }) =>
      on(options, (connection) => showWorkloads(connection, terminal, options)),
    );

  command(root, 'services', 'the Services, and the workloads that are behind their ports')
    .addOption(scopeOptions.cluster())
    .addOption(new Option('-n, --namespace <name>', 'only Services in this namespace'))
    .addOption(output('table', 'json', 'yaml'))
    .addHelpText('after', examples(['weir services -n shop']))
    .action((options: ServicesOptions & { aggregator: string }) =>
      on(options, (connection) => showServices(connection, terminal, options)),
    );

  const alias = root.command('alias').description('name addresses outside the cluster').exitOverride();
  command(alias, 'list', 'the aliases, those that have expired included')
    .addOption(scopeOptions.cluster())
    .addOption(output('table', 'json', 'yaml'))
    .action((options: AliasOptions & { aggregator: string; output: string }) =>
      on(options, (connection) => listAliases(connection, terminal, options)),
    );
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
    .action((name: string, block: string, options: SetAliasOptions & { aggregator: string }) =>
      on(options, (connection) => setAlias(connection, terminal, [name, block], options)),
    );
  command(alias, 'remove', 'remove an alias: its addresses are shown as addresses again')
    .argument('<name>', 'as weir alias list prints it')
    .addOption(scopeOptions.cluster())
    .action((name: string, options: AliasOptions & { aggregator: string }) =>
      on(options, (connection) => removeAlias(connection, terminal, name, options)),
    );

  addSettingsCommands(root, { terminal, on });

  const policy = root.command('policy').description('make policies, and prove them').exitOverride();
  command(policy, 'generate', 'make NetworkPolicies from what was seen')
    .argument('[workload]', 'kind/name, such as deployment/cart; all of the namespace when absent')
    .addOption(scopeOptions.cluster())
    .addOption(new Option('-n, --namespace <name>', 'namespace to make policies for; all when absent'))
    .addOption(scopeOptions.since())
    .option('--ingress', 'only ingress rules')
    .option('--egress', 'only egress rules')
    .addOption(output('yaml', 'json', 'table'))
    .option('--output-dir <folder>', 'write one file a policy instead')
    .addHelpText(
      'after',
      examples([
        'weir policy generate -n shop > shop.yaml',
        'weir policy generate -n shop deployment/cart --ingress',
        'weir policy generate -n shop -o table',
      ]),
    )
    .action((workload: string | undefined, options: GenerateOptions & { aggregator: string }) =>
      on(options, (connection) => generatePolicies(connection, terminal, workload, options)),
    );

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
    .action(async (options: EvalOptions) => finish(await evaluateQueries(terminal, options)));

  policy
    .command('reach')
    .description('which workloads may talk to which, on which ports, from manifests alone')
    .addOption(manifestsOption())
    .addOption(output('table', 'json', 'dot'))
    .addHelpText(
      'after',
      examples(['weir policy reach --manifests cluster/', 'weir policy reach --manifests a.yaml -o dot']),
    )
    .action(async (options: ReachOptions) => finish(await showReach(terminal, options)));

  addProofCommands(root, policy, { terminal, on }, finish);
  return root;
}
