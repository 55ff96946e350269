import { lazy, Suspense, useState } from 'react';
import logo from '../design/weir.svg';
import { MapScreen } from '../map/MapScreen.tsx';
import { TableScreen } from '../tables/TableScreen.tsx';
import { useMayAsk } from './access.ts';
import { Account } from './Account.tsx';
import { ChooseNamespace } from './ChooseNamespace.tsx';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { Waiting } from './Empty.tsx';
import { FilterField } from './FilterField.tsx';
import { Keyboard } from './Keyboard.tsx';
import { ScopeBar } from './ScopeBar.tsx';
import { toggleTheme, useTheme } from './theme.ts';
import { TimeStrip } from './TimeStrip.tsx';
import { show, useView } from './use-view.ts';
import { type Screen, screens } from './view-state.ts';

const PolicyScreen = lazy(async () => ({ default: (await import('../policy/PolicyScreen.tsx')).PolicyScreen }));
const AppliedScreen = lazy(async () => ({ default: (await import('../policy/AppliedScreen.tsx')).AppliedScreen }));
const CoverageScreen = lazy(async () => ({ default: (await import('../coverage/CoverageScreen.tsx')).CoverageScreen }));
const SettingsScreen = lazy(async () => ({ default: (await import('../settings/SettingsScreen.tsx')).SettingsScreen }));

const titles: Readonly<Record<Screen, string>> = {
  map: 'Map',
  ingress: 'Ingress',
  egress: 'Egress',
  policy: 'Generated policy',
  applied: 'Applied policies',
  coverage: 'Coverage',
  settings: 'Settings',
};

function ScreenOf({ screen }: { readonly screen: Screen }) {
  switch (screen) {
    case 'map':
      return <MapScreen />;
    case 'ingress':
    case 'egress':
      return <TableScreen direction={screen} />;
    case 'policy':
      return <PolicyScreen />;
    case 'applied':
      return <AppliedScreen />;
    case 'coverage':
      return <CoverageScreen />;
    case 'settings':
      return <SettingsScreen />;
  }
}

/** The whole page: scope, time, and one screen. */
export function App() {
  const { screen } = useView();
  const theme = useTheme();
  const mayAsk = useMayAsk();
  const [keysOpen, setKeysOpen] = useState(false);
  return (
    <div className="app">
      <header className="top">
        <h1 className="brand">
          <img src={logo} alt="" />
          Weir
        </h1>
        <ScopeBar />
        <span className="grow" />
        <Account />
        <button
          type="button"
          className="button plain"
          onClick={toggleTheme}
          aria-label={`Use the ${theme === 'dark' ? 'light' : 'dark'} theme`}
        >
          {theme === 'dark' ? '☀' : '☾'}
        </button>
        <button type="button" className="button plain" onClick={() => setKeysOpen(true)} aria-label="Keyboard map">
          ?
        </button>
      </header>
      {mayAsk && <TimeStrip />}
      <nav className="tabs" aria-label="Screens">
        {screens.map((each) => (
          <button
            key={each}
            type="button"
            className="tab"
            aria-current={each === screen ? 'page' : undefined}
            onClick={() => show({ screen: each, selected: '' })}
          >
            {titles[each]}
          </button>
        ))}
        <FilterField />
      </nav>
      <main className="main" aria-label={titles[screen]}>
        <ErrorBoundary key={screen}>
          <Suspense fallback={<Waiting />}>
            {mayAsk || screen === 'settings' ? <ScreenOf screen={screen} /> : <ChooseNamespace />}
          </Suspense>
        </ErrorBoundary>
      </main>
      <Keyboard open={keysOpen} onOpen={setKeysOpen} />
    </div>
  );
}
