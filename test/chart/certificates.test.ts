import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { type KubeObject, render, toolFolders, whyNoHelm } from './helm.ts';

const skip = whyNoHelm();

function dataOf(objects: readonly KubeObject[], kind: string): Readonly<Record<string, string>> {
  return objects.find((object) => object.kind === kind)?.['data'] as Readonly<Record<string, string>>;
}

for (const folder of toolFolders) {
  t.test(
    `helm of ${folder} makes a certificate for the name that agents call, of an authority that they are given`,
    { skip },
    async (t) => {
      const objects = await render(folder, { certificates: { helm: { validDays: 30, renewDaysBefore: 10 } } });
      const secret = dataOf(objects, 'Secret');
      const pem = (key: string) => Buffer.from(secret[key] ?? '', 'base64').toString();
      const certificate = new X509Certificate(pem('tls.crt'));
      const authority = new X509Certificate(dataOf(objects, 'ConfigMap')['ca.crt'] ?? '');
      t.ok(certificate.verify(authority.publicKey), 'the authority has signed it');
      const daemonSet = JSON.stringify(objects.find(({ kind }) => kind === 'DaemonSet'));
      const host = /--aggregator=([^:"]+):7280/.exec(daemonSet)?.[1] ?? '';
      t.equal(certificate.checkHost(host), host);
      const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
      t.ok(days > 29 && days <= 30, `${days} days`);
      t.notMatch(daemonSet, /tls.key/, 'agents hold no key');
      t.equal(pem('ca.crt').trim(), (dataOf(objects, 'ConfigMap')['ca.crt'] ?? '').trim());
    },
  );
}
