import { readFileSync } from 'node:fs';
import { runCaller } from './callers.ts';
import type { ServiceConfig } from './config.ts';
import { listen } from './listeners.ts';

/** The lab's own small server and client: `node service.js config.json`. */
const config = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as ServiceConfig;
for (const each of config.listen) listen(each, config);
for (const [index, each] of config.calls.entries()) {
  // Spread over the second, so that the pods of a lab do not all call at once.
  setTimeout(() => runCaller(each, config), (process.pid * 37 + index * 211) % 1000);
}
