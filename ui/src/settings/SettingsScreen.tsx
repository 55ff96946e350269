import { Aliases } from './Aliases.tsx';
import { Baselines } from './Baselines.tsx';
import { ClusterSettings } from './ClusterSettings.tsx';

/** What people set for a cluster as a whole. */
export function SettingsScreen() {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="scroll" role="region" aria-label="Settings" tabIndex={0}>
      <div className="cards">
        <ClusterSettings />
        <div className="stack">
          <Aliases />
          <Baselines />
        </div>
      </div>
    </div>
  );
}
