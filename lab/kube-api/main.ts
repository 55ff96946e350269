import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { messageOf, WeirError } from '../../core/errors.ts';
import { kubeconfigFor } from './kubeconfig.ts';
import { ManifestFolder } from './manifest-folder.ts';
import { KubeApi } from './server.ts';

interface Options {
  readonly manifests: string;
  readonly listen: string;
  readonly kubeconfig?: string;
  readonly token?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly installed: string;
}

const say = (message: string) => process.stderr.write(`kube-api: ${message}\n`);

async function serve(options: Options): Promise<void> {
  const colon = options.listen.lastIndexOf(':');
  const [host, port] = [options.listen.slice(0, colon), Number(options.listen.slice(colon + 1))];
  if (colon < 1 || !Number.isInteger(port)) {
    throw new WeirError('CONFIG_INVALID', `--listen ${options.listen}: give host:port`);
  }
  const { token = null, tlsCert, tlsKey } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new WeirError('CONFIG_INVALID', '--tls-cert and --tls-key: give both or neither');
  }
  const tls =
    tlsCert === undefined || tlsKey === undefined
      ? null
      : { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') };
  const installed = options.installed.split(',');
  const api = await KubeApi.start({ host, port, token, installed, ...(tls === null ? {} : { tls }) });
  const unfollow = await ManifestFolder.follow(api.store, options.manifests, say).catch(async (error: unknown) => {
    await api.close();
    throw error;
  });
  const kubeconfig = kubeconfigFor(api.url, token, tls?.cert ?? null);
  if (options.kubeconfig === undefined) process.stdout.write(kubeconfig);
  else writeFileSync(options.kubeconfig, kubeconfig, { mode: 0o600 });
  say(`${api.store.all().length} objects of ${options.manifests} at ${api.url}`);
  const stop = () => {
    unfollow();
    void api.close();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

const program = new Command('kube-api')
  .description('Serves the objects of a folder of manifests as a Kubernetes API server does, and follows its changes.')
  .requiredOption('--manifests <folder>', "the cluster's objects, as kubectl get -o yaml prints them")
  .option('--listen <address>', 'host:port, port 0 chooses one', '127.0.0.1:0')
  .option('--kubeconfig <file>', 'where to write how to get there; standard output without it')
  .option('--token <token>', 'that clients must bring')
  .option('--tls-cert <file>', 'PEM; with it the server speaks HTTPS')
  .option('--tls-key <file>', 'PEM')
  .option('--installed <list>', 'custom kinds that are installed, as group/version,...', '')
  .action(serve);

try {
  await program.parseAsync();
} catch (error) {
  say(messageOf(error));
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
