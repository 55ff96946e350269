import { fieldsOf } from '../design/form.ts';
import type { LabelChoice, ServiceRules, Settings } from '../../../proto/wire.ts';
import { useCall } from '../api/use-call.ts';
import { useAccess } from '../app/access.ts';
import { Failure, Waiting } from '../app/Empty.tsx';
import { useView } from '../app/use-view.ts';
import { Editing } from './Editing.tsx';
import { wordsOf } from './lists.ts';
import { Outcome } from './Outcome.tsx';
import { useChange } from './use-change.ts';

const serviceRules: readonly (readonly [value: ServiceRules, text: string])[] = [
  ['SERVICE_RULES_UNSPECIFIED', 'As the network plugin wants it'],
  ['SERVICE_RULES_TARGETS', 'The pods behind it only'],
  ['SERVICE_RULES_ADDRESSES', "The Service's address, too"],
];

function List({
  name,
  label,
  words,
  placeholder,
}: {
  readonly name: string;
  readonly label: string;
  readonly words: readonly string[];
  readonly placeholder: string;
}) {
  return (
    <label className="label">
      {label}
      <textarea
        className="field mono"
        name={name}
        rows={3}
        defaultValue={words.join('\n')}
        placeholder={placeholder}
        spellCheck={false}
      />
    </label>
  );
}

function Labels({
  name,
  title,
  choice,
}: {
  readonly name: string;
  readonly title: string;
  readonly choice: LabelChoice | null;
}) {
  return (
    <fieldset className="stack">
      <legend>{title}</legend>
      <List name={`${name}Include`} label="Only these keys" words={choice?.include ?? []} placeholder="every key" />
      <List
        name={`${name}Exclude`}
        label="Never these keys"
        words={choice?.exclude ?? []}
        placeholder="none; a key may end in *"
      />
    </fieldset>
  );
}

function read(text: (name: string) => string, { revision }: Settings): Settings {
  const words = (name: string) => wordsOf(text(name));
  const rules = serviceRules.find(([value]) => value === text('serviceRules'))?.[0] ?? 'SERVICE_RULES_UNSPECIFIED';
  return {
    workloadLabels: { include: words('workloadInclude'), exclude: words('workloadExclude') },
    namespaceLabels: { include: words('namespaceInclude'), exclude: words('namespaceExclude') },
    podCidrs: words('podCidrs'),
    serviceCidrs: words('serviceCidrs'),
    serviceRules: rules,
    revision,
  };
}

/** Labels for selectors, address blocks, and how rules through Services are made. */
export function ClusterSettings() {
  const { cluster } = useView();
  const { updatesSettings } = useAccess();
  const { data, error } = useCall('settings', 'getSettings', { cluster });
  const [change, run] = useChange();
  if (error !== null && data === undefined) return <Failure error={error} />;
  if (data === undefined) return <Waiting />;
  const { settings } = data;
  if (settings === null) return null;
  return (
    <form
      className="stack"
      key={settings.revision}
      onSubmit={(event) => {
        event.preventDefault();
        run(
          'settings',
          'setSettings',
          { cluster, settings: read(fieldsOf(event.currentTarget), settings) },
          'The settings are kept',
        );
      }}
    >
      <h2>Selectors and addresses</h2>
      <Editing may={updatesSettings} resource="policysettings">
        <Labels name="workload" title="Labels of workloads that selectors may use" choice={settings.workloadLabels} />
        <Labels
          name="namespace"
          title="Labels of namespaces that selectors may use"
          choice={settings.namespaceLabels}
        />
        <List
          name="podCidrs"
          label="Pod addresses, besides those that the cluster states"
          words={settings.podCidrs}
          placeholder="10.244.0.0/16"
        />
        <List
          name="serviceCidrs"
          label="Service addresses, besides those that the cluster states"
          words={settings.serviceCidrs}
          placeholder="10.96.0.0/12"
        />
        <label className="label">
          Egress rules for traffic through a Service name
          <select className="field" name="serviceRules" defaultValue={settings.serviceRules}>
            {serviceRules.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <div className="inline">
          <button className="button primary" type="submit" disabled={change.busy}>
            Keep
          </button>
          <span className="quiet">Changed {settings.revision} times</span>
        </div>
      </Editing>
      <Outcome change={change} />
    </form>
  );
}
