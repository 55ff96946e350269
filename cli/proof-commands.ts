import { type Command, Option } from 'commander';
import { WeirError } from '../core/errors.ts';
import { command, type CommandContext, examples, output } from './command.ts';
import { type IsolationOptions, showIsolation } from './commands/isolation.ts';
import { type AppliedOptions, showApplied } from './commands/policy-applied.ts';
import { type CheckOptions, checkPolicies } from './commands/policy-check.ts';
import { type LiveDiffOptions, showLiveDiff, showTextDiff } from './commands/policy-diff.ts';
import { showDiff } from './commands/policy-reach.ts';
import { planRollout, type RolloutOptions } from './commands/policy-rollout.ts';
import { showWhy, type WhyOptions } from './commands/policy-why.ts';
import { addBaselineCommands } from './baseline-commands.ts';
import type { Finish } from './finish.ts';
import { offlineSources } from './offline.ts';
import { scopeOptions } from './question.ts';
import type { Target } from './target.ts';

function addCheck(policy: Command, { terminal, on }: CommandContext, finish: Finish): void {
  command(policy, 'check', 'replay everything that was recorded against policies in files')
    .argument('[paths...]', 'manifest files or folders, - for standard input; none checks what is applied')
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .addOption(scopeOptions.since())
    .option('--candidates-only', 'leave the applied policies out of account', false)
    .option('--require-complete', 'exit with 3 when what was seen is not known to be all', false)
    .option('--manifests <paths...>', 'without an aggregator: manifests of the cluster')
    .option('--flows <file>', 'with --manifests: what weir flows -o jsonl printed')
    .addOption(output('table', 'json', 'yaml', 'junit', 'sarif'))
    .addHelpText(
      'after',
      `${examples([
        'weir policy check shop.yaml',
        'weir policy generate -n shop | weir policy check -',
        'weir policy check shop.yaml --manifests cluster/ --flows flows.jsonl -o sarif > weir.sarif',
      ])}

Exit status: 0 when everything that was forwarded stays allowed; 1 when something would be denied; 2 for bad input, of
which the rest is checked all the same; 3 with --require-complete when what was seen is not known to be all.`,
    )
    .action(async (paths: string[], options: CheckOptions & Target) => {
      const sources = offlineSources(options);
      if (sources !== null) finish(await checkPolicies(sources, terminal, paths, options));
      else await on(options, async (connection) => finish(await checkPolicies(connection, terminal, paths, options)));
    });
}

interface DiffOptions extends Omit<LiveDiffOptions, 'output'> {
  readonly against?: readonly string[];
  readonly output: string;
}

function addDiff(policy: Command, { terminal, on }: CommandContext, finish: Finish): void {
  command(policy, 'diff', 'what may talk that could not before, and the other way round')
    .addOption(
      new Option('--manifests <paths...>', 'manifest files or folders as they are to be').makeOptionMandatory(),
    )
    .option('--against <paths...>', 'manifests as they were before; what is applied in the cluster when absent')
    .option('--only', 'against the cluster: as if nothing else stayed applied', false)
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .addOption(output('table', 'text', 'json', 'yaml', 'dot'))
    .addHelpText(
      'after',
      `${examples([
        'weir policy diff --manifests new/ --against old/',
        'weir policy diff --manifests new/ -n shop',
        'weir policy diff --manifests new/ -o text',
      ])}

text is what diff -u prints between the policies themselves; yaml needs a cluster, dot needs --against.`,
    )
    .action(async (options: DiffOptions & Target) => {
      const { manifests, against, output: format } = options;
      if (against === undefined) {
        if (format === 'dot')
          throw new WeirError('USAGE', '-o dot needs --against; give the manifests as they were before');
        await on(options, async (connection) => finish(await showLiveDiff(connection, terminal, options)));
      } else if (format === 'text') finish(await showTextDiff(terminal, manifests, against));
      else if (format === 'yaml')
        throw new WeirError('USAGE', '-o yaml needs a cluster; leave --against out, or take json');
      else finish(await showDiff(terminal, { manifests, against, output: format }));
    });
}

function addWhy(policy: Command, { terminal, on }: CommandContext, finish: Finish): void {
  command(policy, 'why', 'why a communication is or is not allowed now, and what the network did with it')
    .argument('<client>', 'namespace/kind/name, kind/name with --namespace, node/name, or an address')
    .argument('<server>', 'the same')
    .argument('<port>', 'the port that the pod listens on, such as 8080 or 53/udp')
    .addOption(scopeOptions.cluster())
    .addOption(new Option('-n, --namespace <name>', 'namespace of ends that name none'))
    .addOption(scopeOptions.since())
    .addOption(output('table', 'json', 'yaml'))
    .addHelpText(
      'after',
      `${examples(['weir policy why -n shop deploy/web deploy/cart 8080', 'weir policy why shop/deploy/web 203.0.113.7 443'])}

Exit status: 0 when it is allowed, 1 when it is denied or depends.`,
    )
    .action((client: string, server: string, port: string, options: WhyOptions & Target) =>
      on(options, async (connection) => finish(await showWhy(connection, terminal, [client, server, port], options))),
    );
}

function addRollout(policy: Command, { terminal, on }: CommandContext, finish: Finish): void {
  command(policy, 'rollout', 'an order in which policies can be applied without cutting live traffic, and the way back')
    .argument('<paths...>', 'manifest files or folders, - for standard input')
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .addOption(scopeOptions.since())
    .option('--prune', 'delete what is applied in the scope and stands in no file', false)
    .option('--output-dir <folder>', 'write a file for each step, and the way back')
    .addOption(output('table', 'json', 'yaml'))
    .addHelpText(
      'after',
      `${examples(['weir policy rollout shop/ -n shop', 'weir policy rollout shop/ -n shop --prune --output-dir plan'])}

Exit status: 0; 1 when live traffic would be cut, for a while or for good; 2 for bad input.`,
    )
    .action((paths: string[], options: RolloutOptions & Target) =>
      on(options, async (connection) => finish(await planRollout(connection, terminal, paths, options))),
    );
}

/** The commands that prove policies before and after they are applied. */
export function addProofCommands(root: Command, policy: Command, context: CommandContext, finish: Finish): void {
  const { terminal, on } = context;
  addCheck(policy, context, finish);
  addDiff(policy, context, finish);
  addWhy(policy, context, finish);
  command(policy, 'applied', 'the policies that bear on a namespace, a workload, or the way from one end to another')
    .addOption(scopeOptions.cluster())
    .addOption(scopeOptions.namespace())
    .addOption(scopeOptions.workload())
    .option('--from <end>', 'client, as for why; with --to')
    .option('--to <end>', 'server; with --from')
    .addOption(output('table', 'yaml', 'json'))
    .addHelpText(
      'after',
      examples([
        'weir policy applied -n shop',
        'weir policy applied -n shop --from deploy/web --to deploy/cart -o yaml',
      ]),
    )
    .action((options: AppliedOptions & Target) =>
      on(options, (connection) => showApplied(connection, terminal, options)),
    );
  addRollout(policy, context, finish);
  addBaselineCommands(policy, context, finish);
  command(root, 'coverage', 'how far namespaces and workloads are isolated by what is applied')
    .addOption(scopeOptions.cluster())
    .addOption(new Option('-n, --namespace <name>', 'only this namespace, workload by workload'))
    .addOption(output('table', 'json', 'yaml'))
    .addHelpText('after', examples(['weir coverage', 'weir coverage -n shop']))
    .action((options: IsolationOptions & Target) =>
      on(options, (connection) => showIsolation(connection, terminal, options)),
    );
}
