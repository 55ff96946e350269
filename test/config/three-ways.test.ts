import t from 'tap';
import { stringify } from 'yaml';
import { environmentName, longName, type Option } from '../../config/option.ts';
import { programs, reader, setVariable, written } from './programs.ts';

/** Texts of which every text that an option may want is one. */
const texts = [
  '/some/where',
  '127.0.0.1:9',
  '7m',
  '10.1.0.0/16',
  'warn',
  'off',
  'calico',
  'tcx',
  'NORMAL',
  'anyone',
  '2m=9h',
  'x-someone',
  'some/one',
  'eu=files:/eu',
];

/** A value in the form of an option that it takes and that is not its default; undefined when none is known. */
function sampleOf({ form, schema, initial }: Option<unknown>): unknown {
  const inForm = {
    text: texts,
    number: [8192, 5000],
    switch: [true],
    list: texts.flatMap((one) => [[one, one], [one]]),
    action: [],
  }[form];
  return inForm.find((value) => JSON.stringify(value) !== JSON.stringify(initial) && schema.safeParse(value).success);
}

for (const [name, options] of Object.entries(programs)) {
  const read = reader(name, options);
  for (const [key, option] of Object.entries(options)) {
    if (option.form === 'action') continue;
    t.test(`${name}: ${longName(key)} is the same by flag, environment and file`, async (t) => {
      const sample = sampleOf(option);
      t.not(sample, undefined, 'a value is known');
      const expected = option.schema.parse(sample);
      t.notSame((await read([]))[key], expected, 'it is not what counts without being given');

      const flag = `--${longName(key)}`;
      t.strictSame((await read(sample === true ? [flag] : [flag, String(sample)]))[key], expected, 'by flag');
      t.strictSame(
        (await read(['--config', written(t, stringify({ [longName(key)]: sample }))]))[key],
        expected,
        'by file',
      );
      setVariable(t, environmentName(key, option), String(sample));
      t.strictSame((await read([]))[key], expected, 'by environment');
    });
  }
}

t.test('what is to be done once can be given as a flag only', async (t) => {
  for (const [name, options] of Object.entries(programs)) {
    for (const [key, option] of Object.entries(options)) {
      if (option.form !== 'action') continue;
      const read = reader(name, options);
      t.equal((await read([`--${longName(key)}`]))[key], true);
      setVariable(t, environmentName(key, option), 'true');
      t.equal((await read([]))[key], false);
      await t.rejects(read(['--config', written(t, `${longName(key)}: true`)]), { message: /give it as a flag/ });
    }
  }
});

t.test('a flag counts before the environment, that before the file, and that before the default', async (t) => {
  for (const [name, options] of Object.entries(programs)) {
    const read = reader(name, options);
    const path = written(t, 'cluster: from-file\n');
    t.equal((await read([]))['cluster'], 'default');
    t.equal((await read(['--config', path]))['cluster'], 'from-file');
    setVariable(t, 'WEIR_CLUSTER', 'from-environment');
    t.equal((await read(['--config', path]))['cluster'], 'from-environment');
    t.equal((await read(['--config', path, '--cluster', 'from-flag']))['cluster'], 'from-flag');
    delete process.env['WEIR_CLUSTER'];
  }
});

t.test('the file can be named in the environment, and may say nothing', async (t) => {
  const options = programs['weir-aggregator'] ?? {};
  const read = reader('weir-aggregator', options);
  setVariable(t, 'WEIR_CONFIG', written(t, 'log-level: debug\nlisten:\n  - 127.0.0.1:1\n  - unix:/run/weir.sock\n'));
  t.match(await read([]), { logLevel: 'debug', listen: ['127.0.0.1:1', 'unix:/run/weir.sock'] });
  t.equal((await read(['--config', written(t, '# nothing yet\n')]))['logLevel'], 'info');
});

t.test('a switch can be turned off in the environment, and must be true or false there', async (t) => {
  const read = reader('weir-aggregator', programs['weir-aggregator'] ?? {});
  const path = written(t, 'insecure-transport: true\n');
  t.equal((await read(['--config', path]))['insecureTransport'], true);
  setVariable(t, 'WEIR_INSECURE', 'false');
  t.equal((await read(['--config', path]))['insecureTransport'], false);
  setVariable(t, 'WEIR_INSECURE', '1');
  await t.rejects(read([]), { code: 'CONFIG_INVALID', message: /WEIR_INSECURE: give true or false$/ });
});
