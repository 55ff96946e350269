import t from 'tap';
import { ApiCluster } from './api-cluster.ts';
import { toolFolders, whyNoHelm } from './helm.ts';

const skip = whyNoHelm();

for (const tools of toolFolders) {
  t.test(`helm of ${tools} installs`, { skip }, async (t) => {
    const cluster = await ApiCluster.start(t);
    const line = async (text: string) => { const r = await cluster.sh(text, tools); console.error(text, r); return r; };
    await line('helm install weir charts/weir -n weir --create-namespace --set cluster=production --debug');
    console.error(cluster.api.requests.length, cluster.api.requests);
    cluster.api.requests.length = 0;
    await line('helm list -A');
    await line('helm status weir -n weir');
    await line('helm upgrade weir charts/weir -n weir --set agent.logLevel=debug --set access.proxy.secretName=x --reuse-values');
    await line('helm rollback weir 1 -n weir');
    await line('helm history weir -n weir');
    await line('helm get values weir -n weir');
    await line('kubectl get all -n weir');
    await line('helm uninstall weir -n weir --wait');
    console.error(cluster.api.requests.length, cluster.api.requests);
  });
}
