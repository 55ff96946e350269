import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { start, TestCluster } from './running.ts';

interface Description {
  readonly paths: Readonly<Record<string, object>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

async function described(httpAddress: string): Promise<Description> {
  return (await (await fetch(`http://${httpAddress}/api/v1/openapi.json`)).json()) as Description;
}

t.test('the description of the API is valid OpenAPI and says what each field means', async (t) => {
  const { aggregator } = await start(t, new TestCluster());
  const description = await described(aggregator.httpAddress);
  const result = await new Validator().validate({ ...description });
  t.strictSame(result, { valid: true });
  t.match(description.paths['/query/listEdges'], { post: { operationId: 'query.listEdges' } });
  t.match(description.paths['/query/follow'], { get: { description: /as they are committed/ } });
  t.match(description.components.schemas['Edge'], {
    properties: { port: { description: "The port on the server's pod.", type: 'integer' } },
  });
  t.match(description.components.schemas['Verdict'], { description: /VERDICT_DROPPED: Nothing came through/ });
  t.notOk('/ingest/push' in description.paths);
});

t.test('real answers are as it describes them', async (t) => {
  const { aggregator, connection } = await start(
    t,
    new TestCluster(podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' })),
  );
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, [call('frontend-1', '10.1.0.9', 6379), call('frontend-1', '203.0.113.7', 443)]));
  await agent.ackThrough(1);
  const { components } = await described(aggregator.httpAddress);
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: 'api', components });
  const answers: Readonly<Record<string, string>> = {
    'query/listEdges': 'ListEdgesResponse',
    'query/listWorkloads': 'ListWorkloadsResponse',
    'query/getStatus': 'GetStatusResponse',
    'policy/generate': 'GenerateResponse',
    'policy/nothing': 'Fault',
  };
  for (const [path, schema] of Object.entries(answers)) {
    const response = await fetch(`http://${aggregator.httpAddress}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const isValid = ajv.validate({ $ref: `api#/components/schemas/${schema}` }, await response.json());
    t.ok(isValid, `${path}: ${ajv.errorsText()}`);
  }
  agent.close();
});
