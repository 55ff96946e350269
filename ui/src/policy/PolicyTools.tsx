import type { GenerateResponse } from '../../../proto/wire.ts';
import { CopyButton } from '../design/CopyButton.tsx';
import { download } from '../design/download.ts';
import { Popover } from '../design/Popover.tsx';
import { show } from '../app/use-view.ts';
import { dialects, nameOf, type PolicyChoices } from './choices.ts';
import { applyCommand, type CommandLine, fileName } from './command.ts';
import { ManualRules } from './ManualRules.tsx';
import type { PolicyScope } from './request.ts';

export type PolicyTab = 'yaml' | 'diff';

interface PolicyToolsProps {
  readonly answer: GenerateResponse;
  readonly scope: Pick<PolicyScope, 'cluster' | 'namespace' | 'entity'>;
  readonly command: CommandLine;
  readonly choices: PolicyChoices;
  readonly tab: PolicyTab;
  readonly onTab: (tab: PolicyTab) => void;
  readonly isFetching: boolean;
}

const dialectNames: Readonly<Record<keyof typeof dialects, string>> = {
  kubernetes: 'NetworkPolicy',
  cilium: 'CiliumNetworkPolicy',
  calico: 'Calico NetworkPolicy',
  'calico-staged': 'Calico, staged',
  cluster: 'ClusterNetworkPolicy',
};

const switches = [
  ['byNamespace', 'Peers by their whole namespace'],
  ['includeDenied', 'Rules for what never came through, too'],
  ['portRanges', 'Adjacent ports as ranges'],
  ['namedPorts', 'Ports by name where all pods agree'],
  ['comments', 'Say in comments why each rule is there'],
] as const;

/** Files by path in one archive that `kubectl kustomize` and Git take. */
async function downloadFiles(files: GenerateResponse['files'], name: string): Promise<void> {
  const { zipSync, strToU8 } = await import('fflate');
  const entries = files.map(
    ({ path, text }) => [path.replaceAll(/(^|\/)\.\.(?=\/|$)/g, '$1_'), strToU8(text)] as const,
  );
  download(name, new Uint8Array(zipSync(Object.fromEntries(entries))), 'application/zip');
}

function Options({ choices }: Pick<PolicyToolsProps, 'choices'>) {
  const set = (change: Partial<PolicyChoices>) => show({ choices: { ...choices, ...change } }, 'replace');
  return (
    <Popover label="Options">
      {() => (
        <div className="stack">
          <label className="label">
            Directions
            <select
              className="field"
              value={choices.directions}
              onChange={(event) => set({ directions: event.target.value as PolicyChoices['directions'] })}
            >
              <option value="both">Ingress and egress</option>
              <option value="ingress">Ingress only</option>
              <option value="egress">Egress only</option>
            </select>
          </label>
          {switches.map(([name, text]) => (
            <label key={name} className="check">
              <input
                type="checkbox"
                checked={choices[name]}
                onChange={(event) => set({ [name]: event.target.checked })}
              />
              {text}
            </label>
          ))}
        </div>
      )}
    </Popover>
  );
}

/** How the policy is made, and the ways to take it along. */
export function PolicyTools({ answer, scope, command, choices, tab, onTab, isFetching }: PolicyToolsProps) {
  const file = fileName(scope);
  const note = command.leavesOut.length === 0 ? '' : `\nThe command line leaves out: ${command.leavesOut.join(', ')}`;
  return (
    <div className="toolbar">
      <div className="segments" role="group" aria-label="View">
        {(['yaml', 'diff'] as const).map((each) => (
          <button key={each} type="button" className="button" aria-pressed={tab === each} onClick={() => onTab(each)}>
            {each === 'yaml' ? 'YAML' : 'Diff with applied'}
          </button>
        ))}
      </div>
      <label>
        <span className="hidden-visually">Dialect</span>
        <select
          className="field"
          value={nameOf(dialects, choices.dialect)}
          onChange={(event) =>
            show({ choices: { ...choices, dialect: dialects[event.target.value as keyof typeof dialects] } })
          }
        >
          {Object.entries(dialectNames).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <Options choices={choices} />
      <ManualRules direction="egress" />
      <span className="quiet" role="status">
        {isFetching ? 'Making it anew …' : ''}
      </span>
      <span className="grow" />
      <CopyButton label="Copy as CLI" text={command.text} title={`${command.text}${note}`} />
      <CopyButton label="Copy kubectl line" text={applyCommand(file, choices.dialect)} />
      <button
        type="button"
        className="button"
        disabled={answer.files.length === 0}
        onClick={() => void downloadFiles(answer.files, file.replace(/yaml$/, 'zip'))}
      >
        Kustomize
      </button>
      <button type="button" className="button primary" onClick={() => download(file, answer.yaml, 'application/yaml')}>
        Download YAML
      </button>
    </div>
  );
}
