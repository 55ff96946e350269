import { type Command, Option } from 'commander';

/** Which aggregator a command asks, how it is known, and as whom. */
export interface Target {
  /** host:port or unix:/path. */
  readonly aggregator: string;
  readonly tlsCa?: string;
  readonly tlsServerName?: string;
  readonly insecureTransport?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly tokenFile?: string;
}

const defaultAggregator = '127.0.0.1:7280';

/** Adds the options that say which aggregator is asked. */
export function withTargetOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--aggregator <address>', 'host:port or unix:/path of the aggregator')
        .env('WEIR_AGGREGATOR')
        .default(defaultAggregator),
    )
    .addOption(new Option('--tls-ca <file>', "authority of the aggregator's certificate").env('WEIR_TLS_CA'))
    .addOption(
      new Option('--tls-server-name <name>', "name in the aggregator's certificate").env('WEIR_TLS_SERVER_NAME'),
    )
    .addOption(
      new Option('--insecure-transport', 'plain text also beyond this machine').env('WEIR_INSECURE').default(false),
    )
    .addOption(
      new Option('--kubeconfig <file>', 'whose token says who asks')
        .env('KUBECONFIG')
        .default(undefined, '~/.kube/config'),
    )
    .addOption(
      new Option('--context <name>', 'which context of the kubeconfig, in place of its current one').env(
        'WEIR_CONTEXT',
      ),
    )
    .addOption(new Option('--token-file <file>', 'token that says who asks, in its place').env('WEIR_TOKEN_FILE'));
}
