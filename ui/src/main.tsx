import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/use-call.ts';
import { App } from './app/App.tsx';
import { SignedIn } from './app/SignedIn.tsx';
import { LiveProvider } from './app/Live.tsx';
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './design/shell.css';
import './design/table.css';
import './design/map.css';
import './design/policy.css';

const root = document.querySelector('#app');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <SignedIn>
          <LiveProvider>
            <App />
          </LiveProvider>
        </SignedIn>
      </QueryClientProvider>
    </StrictMode>,
  );
}
