import { type Command, Option } from 'commander';
import { command, type CommandContext, examples, output } from './command.ts';
import { type GenerateOptions, generatePolicies } from './commands/policy-generate.ts';
import type { Finish } from './finish.ts';
import { ruleOptions } from './generate-request.ts';
import { scopeOptions } from './question.ts';
import { offlineSources } from './offline.ts';
import type { Target } from './target.ts';

/** `weir policy generate`. */
export function addGenerateCommand(policy: Command, { terminal, on }: CommandContext, finish: Finish): void {
  const generate = command(policy, 'generate', 'make policies from what was seen')
    .argument('[workload]', 'kind/name, such as deployment/cart; all of the namespace when absent')
    .addOption(scopeOptions.cluster())
    .addOption(new Option('-n, --namespace <name>', 'namespace to make policies for; all when absent'))
    .option('--service <name>', 'the workloads behind this Service; needs --namespace')
    .addOption(scopeOptions.since())
    .option('--ingress', 'only ingress rules')
    .option('--egress', 'only egress rules');
  for (const option of ruleOptions) generate.addOption(option);
  generate
    .addOption(output('yaml', 'json', 'table'))
    .option('--manifests <paths...>', 'without an aggregator: manifests of the cluster')
    .option('--flows <file>', 'with --manifests: what weir flows -o jsonl printed')
    .option('--output-dir <folder>', 'write a file for each policy, in a folder for each namespace')
    .option('--kustomize', 'with --output-dir: write a kustomization.yaml that makes a component of them', false)
    .addHelpText(
      'after',
      examples([
        'weir policy generate -n shop > shop.yaml',
        'weir policy generate -n shop deployment/cart --ingress --comments',
        'weir policy generate -n shop --service cart --dialect cilium',
        "weir policy generate -n shop --exclude 'egress shop/deployment/cart -> 203.0.113.7 443/TCP'",
        "weir policy generate -n shop --rule egress=block-all --manual 'egress namespace/data 6379/TCP'",
        'weir policy generate -n shop --output-dir policies --kustomize',
        'weir policy generate --manifests cluster/ --flows flows.jsonl > policies.yaml',
      ]),
    )
    .action(async (workload: string | undefined, options: GenerateOptions & Target) => {
      const sources = offlineSources(options);
      if (sources !== null) finish(await generatePolicies(sources, terminal, workload, options));
      else
        await on(options, async (connection) =>
          finish(await generatePolicies(connection, terminal, workload, options)),
        );
    });
}
