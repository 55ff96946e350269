import fc from 'fast-check';
import t from 'tap';
import { WeirError } from '../../core/errors.ts';
import { definitions } from '../../proto/definitions.ts';
import { messageFromJson } from '../../proto/json.ts';
import { byteFormOf } from '../../proto/load.ts';

const listEdges = definitions.lookupType('weir.v1.ListEdgesRequest');
const entity = definitions.lookupType('weir.v1.Entity');

t.test('what is absent or null has the default that gRPC gives it', async (t) => {
  const { requestSerialize, responseDeserialize } = formOf('weir.v1.ListEdgesRequest');
  t.strictSame(messageFromJson(listEdges, {}), responseDeserialize(requestSerialize({})));
  t.strictSame(messageFromJson(listEdges, { scope: null, filter: null }), messageFromJson(listEdges, {}));
});

t.test('a full message is what gRPC makes of it', async (t) => {
  const message = {
    cluster: 'demo',
    scope: { namespace: 'shop', workload: { namespace: 'shop', kind: 'Deployment', name: 'cart' } },
    range: { startUnixMs: 1_700_000_000_000, endUnixMs: 0 },
    filter: 'port=443',
    pageSize: 10,
    pageToken: 'x',
    order: 'EDGE_ORDER_BYTES',
  };
  const { requestSerialize, responseDeserialize } = formOf('weir.v1.ListEdgesRequest');
  t.strictSame(messageFromJson(listEdges, message), responseDeserialize(requestSerialize(message)));
});

t.test('the member of a choice may be named, and only one can be given', async (t) => {
  const node = messageFromJson(entity, { node: 'n1' });
  t.match(node, { entity: 'node', node: 'n1' });
  t.strictSame(messageFromJson(entity, { entity: 'node', node: 'n1' }), node);
  t.throws(() => messageFromJson(entity, { node: 'n1', external: '203.0.113.7' }), /entity: give one of .* only/);
  t.throws(() => messageFromJson(entity, { entity: 'external', node: 'n1' }), /entity: name the member that is given/);
});

t.test('what is wrong is named by its place', async (t) => {
  const faults: readonly (readonly [unknown, RegExp])[] = [
    [[], /give an object/],
    ['x', /give an object/],
    [{ fitler: '' }, /fitler: no such field; there are cluster, scope/],
    [{ scope: { namespac: '' } }, /scope\.namespac: no such field; there are namespace, workload/],
    [{ scope: 'shop' }, /scope: give an object/],
    [{ filter: 7 }, /filter: give a text/],
    [{ pageSize: -1 }, /pageSize: give a whole number from 0 to 4294967295/],
    [{ pageSize: '10' }, /pageSize: give a whole number/],
    [{ range: { startUnixMs: 1.5 } }, /range\.startUnixMs: give a whole number/],
    [{ range: { startUnixMs: 2 ** 60 } }, /range\.startUnixMs: give a whole number/],
    [{ order: 'BYTES' }, /order: give one of EDGE_ORDER_UNSPECIFIED, EDGE_ORDER_BYTES/],
    [{ order: 1 }, /order: give one of/],
    [JSON.parse('{"__proto__": {"filter": "x"}}'), /__proto__: no such field/],
    [{ constructor: 1 }, /constructor: no such field/],
  ];
  for (const [message, expected] of faults) t.throws(() => messageFromJson(listEdges, message), expected);
});

t.test('whatever is sent is read or refused', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('scope', 'range', 'filter', 'pageSize', 'order'), (value, name) => {
      try {
        messageFromJson(listEdges, { [name]: value });
      } catch (error) {
        if (!(error instanceof WeirError && error.code === 'REQUEST_INVALID')) throw error;
      }
    }),
  );
  t.pass();
});

function formOf(name: string) {
  const { serialize, deserialize } = byteFormOf(name);
  return { requestSerialize: serialize, responseDeserialize: deserialize };
}
