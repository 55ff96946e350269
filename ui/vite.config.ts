import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Relative paths, so that the app works below any path; nothing inline, so that a strict CSP lets it run. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  build: {
    outDir: fileURLToPath(new URL('../dist/ui', import.meta.url)),
    // The compiler puts the modules that tests import there too.
    emptyOutDir: false,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
  },
  worker: { format: 'es' },
});
