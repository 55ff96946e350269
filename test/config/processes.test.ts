import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import { readConfig } from '../../aggregator/config.ts';
import { version } from '../../core/version.ts';
import { connect } from '../../proto/services.ts';
import { AggregatorProcess } from '../aggregator/process.ts';
import { written } from './programs.ts';

t.test('an aggregator does what its file says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const options = {
    listen: [`unix:${folder}/weir.sock`, '127.0.0.1:0'],
    'metrics-listen': '127.0.0.1:0',
    database: join(folder, 'weir.db'),
    cluster: 'of-the-file',
    'cluster-files': folder,
    'also-cluster': [`second=files:${folder}`],
    'max-edges': 1000,
    tail: '1m',
  };
  const aggregator = await AggregatorProcess.start(['--config', written(t, stringify(options))]);
  t.teardown(() => aggregator.end('SIGKILL'));
  t.equal(aggregator.listening.addresses[0], options.listen[0]);
  const connection = connect(`unix:${folder}/weir.sock`);
  t.teardown(() => connection.close());
  t.match(await connection.query.getStatus({}), {
    version,
    clusters: [{ name: 'of-the-file' }, { name: 'second' }],
  });
  t.equal(await aggregator.end('SIGTERM'), 0);
});

t.test('the file that OPERATE.md shows is a configuration', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/OPERATE.md'), 'utf8');
  const example = /```yaml\n# weir-aggregator --config[^\n]*\n(.*?)```/s.exec(page)?.[1] ?? '';
  const config = await readConfig(['--config', written(t, example)], () => undefined);
  t.match(config, { listen: ['0.0.0.0:7280', 'unix:/run/weir/aggregator.sock'], maxEdges: 500_000 });
  t.equal(config?.databasePasswordFile, '/run/secrets/weir/password');
});
