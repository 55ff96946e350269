import t from 'tap';
import { ApiCluster } from '../chart/api-cluster.ts';
import { toolFolders, whyNoHelm } from '../chart/helm.ts';

/* That kubectl as it is finds in the lab's server what it looks for in a real one. */

const skip = whyNoHelm();

const role = (verbs: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: shop }
rules: [{ apiGroups: [''], resources: [pods], verbs: [${verbs}] }]
`;

for (const tools of toolFolders) {
  t.test(`kubectl of ${tools} applies, reads and deletes objects, and asks who may what`, { skip }, async (t) => {
    const cluster = await ApiCluster.start(t);
    const sh = (line: string, input = '') => cluster.sh(`${line} <<'END'\n${input}\nEND`, tools);
    t.match(await sh('kubectl apply -f -', role('list')), { stdout: /reader created/ });
    t.match(await sh('kubectl apply -f -', role('list')), { stdout: /reader unchanged/ });
    t.match(await sh('kubectl apply -f -', role('list, get')), { stdout: /reader configured/ });
    t.match(await sh('kubectl apply --server-side -f -', role('list')), { status: 1, stderr: /conflict/ });
    t.match(await sh('kubectl apply --server-side --force-conflicts -f -', role('list')), { status: 0 });
    t.match(await sh('kubectl get role reader -n shop -o jsonpath={.rules[0].verbs}'), { stdout: '["list"]' });
    t.match(await sh('kubectl get roles -A -o name'), { stdout: /role.*\/reader/ });
    t.match(await sh('kubectl apply -f -', `${role('list')}rule: x\n`), { stderr: /unknown field "rule"/ });

    await sh('kubectl create rolebinding readers -n shop --role=reader --serviceaccount=shop:default');
    const may = (verb: string) => sh(`kubectl auth can-i ${verb} pods -n shop --as system:serviceaccount:shop:default`);
    t.match(await may('list'), { status: 0, stdout: /^yes/ });
    t.match(await may('delete'), { status: 1, stdout: /^no/ });
    const token = (await sh('kubectl create token default -n shop')).stdout.trim();
    const own = `kubectl --kubeconfig /dev/null --server ${cluster.api.url} --insecure-skip-tls-verify --token ${token}`;
    t.match(await sh(`${own} get pods -n shop`), { status: 0, stderr: /No resources found/ });
    t.match(await sh(`${own} get secrets -n shop`), { status: 1, stderr: /cannot list resource "secrets"/ });

    t.match(await sh('kubectl delete role reader -n shop'), { stdout: /"reader" deleted/ });
    t.match(await sh('kubectl get role reader -n shop'), { status: 1, stderr: /NotFound/ });
    t.match(await may('list'), { status: 1, stdout: /^no/ });
  });
}
