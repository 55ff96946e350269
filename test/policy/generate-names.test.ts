import t from 'tap';
import { workloadKey } from '../../core/identity.ts';
import { policyNames } from '../../policy/generate/policy-name.ts';

function namesOf(...texts: string[]): string[] {
  const refs = texts.map((text) => {
    const [namespace = '', kind = '', name = ''] = text.split('/');
    return { namespace, kind, name };
  });
  const names = policyNames(refs);
  return refs.map((ref) => names.get(workloadKey(ref)) ?? '');
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

t.test('a policy is named after its workload', (t) => {
  t.same(namesOf('shop/Deployment/cart', 'blue/Deployment/cart'), ['weir-cart', 'weir-cart']);
  t.end();
});

t.test('the kind is added to all that share a name in a namespace', (t) => {
  t.same(namesOf('shop/Deployment/web', 'shop/StatefulSet/web', 'shop/Deployment/ads'), [
    'weir-web-deployment',
    'weir-web-statefulset',
    'weir-ads',
  ]);
  t.end();
});

t.test('names stay unique where a kind makes another name of them', (t) => {
  const names = namesOf('shop/Deployment/web', 'shop/StatefulSet/web', 'shop/Deployment/web-statefulset');
  t.equal(new Set(names).size, 3);
  t.end();
});

t.test('every name is a DNS subdomain of at most 253 characters, and unique', (t) => {
  const long = 'a'.repeat(253);
  const names = namesOf(
    `shop/Deployment/${long}`,
    `shop/StatefulSet/${long}`,
    `shop/Deployment/${long.slice(1)}b`,
    'shop/Custom/System:Web_1',
    'shop/Custom/system-web-1',
    'shop/Custom/a.-b..c',
    'shop/Custom/trailing-',
  );
  t.equal(new Set(names).size, names.length);
  for (const name of names) t.ok(subdomain.test(name) && name.length <= 253, name.slice(0, 40));
  t.end();
});

t.test('a name does not change from one run to the next', (t) => {
  const long = `shop/Deployment/${'a'.repeat(253)}`;
  t.same(namesOf(long), namesOf(long));
  t.match(namesOf(long)[0], /^weir-a+-[0-9a-f]{8}$/);
  t.end();
});
