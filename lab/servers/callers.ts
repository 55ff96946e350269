import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { messageOf } from '../../core/errors.ts';
import type { CallConfig, ServiceConfig } from './config.ts';
import { requestQuote, sendStatsd, speakSmtp } from './exchanges.ts';

const intervalMs = 1000;
const timeoutMs = 2000;

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs + 500, env: { ...process.env, ...env } };
    execFile(file, args, options, (error, _, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${file}: ${stderr.trim() || error.message}`));
    });
  });
}

function requestHttp({ host, port, path }: CallConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    // No agent: a new connection each time.
    const request = get({ host, port, path, agent: false, family: 4, timeout: timeoutMs }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      );
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on('error', reject);
  });
}

function call(config: CallConfig, psqlDir: string): Promise<void> {
  const { kind, host, port, path, source } = config;
  switch (kind) {
    case 'http':
      return requestHttp(config);
    case 'curl': {
      const from = source === null ? [] : ['--interface', source];
      const limits = ['--silent', '--show-error', '--fail', '--max-time', String(timeoutMs / 1000)];
      return run('curl', [...limits, ...from, '--output', '/dev/null', `http://${host}:${port}${path}`]);
    }
    case 'redis':
      return run('redis-cli', ['-h', host, '-p', String(port), 'PING']);
    case 'postgres':
      return run(`${psqlDir}/psql`, ['-h', host, '-p', String(port), '-U', 'postgres', '-XAtc', 'select 1'], {
        PGCONNECT_TIMEOUT: String(timeoutMs / 1000),
      });
    case 'quote':
      return requestQuote(host, port, timeoutMs);
    case 'statsd':
      return sendStatsd(host, port, 'requests');
    case 'smtp':
      return speakSmtp(host, port, timeoutMs);
  }
}

/** Makes a call about once a second while traffic is on. Says when it begins to fail and when it works again. */
export function runCaller(config: CallConfig, { trafficFile, psqlDir }: ServiceConfig): void {
  const name = `${config.kind} ${config.host}:${config.port}${config.path}`;
  let failures = 0;
  const tick = async () => {
    if (existsSync(trafficFile)) {
      try {
        await call(config, psqlDir);
        if (failures > 0)
          process.stdout.write(`${new Date().toISOString()} ${name} works again after ${failures} failures\n`);
        failures = 0;
      } catch (error) {
        if (failures === 0) process.stdout.write(`${new Date().toISOString()} ${name} failed: ${messageOf(error)}\n`);
        failures++;
      }
    }
    setTimeout(() => void tick(), intervalMs);
  };
  void tick();
}
