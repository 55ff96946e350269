import { targetHost } from '../call-target.ts';
import { dnsServiceIp } from '../topology-system.ts';
import type { PodProgram, ProgramContext } from './program.ts';

/** A reverse proxy to everything that the workload calls, each below its own path. */
export function nginxProgram({ pod }: ProgramContext): PodProgram {
  const { calls, ports } = pod.workload;
  // A variable makes nginx resolve the name for each request, not once at start.
  const locations = calls.map(
    (call) => `    location = ${call.path ?? '/'} {
      set $upstream http://${targetHost(call.to)}:${call.port};
      proxy_pass $upstream;
    }`,
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${pod.dir}/tmp-${name};`,
  );
  const config = `user root;
worker_processes 1;
daemon off;
pid ${pod.dir}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
${temporary.join('\n')}
  resolver ${dnsServiceIp} valid=1s ipv6=off;
  resolver_timeout 2s;
  proxy_connect_timeout 2s;
  proxy_read_timeout 2s;
  server {
    listen ${ports[0]?.port ?? 80};
    location / { return 200 'ok\\n'; }
${locations.join('\n')}
  }
}
`;
  return {
    argv: ['nginx', '-e', 'stderr', '-p', pod.dir, '-c', `${pod.dir}/nginx.conf`],
    files: { 'nginx.conf': config },
  };
}
