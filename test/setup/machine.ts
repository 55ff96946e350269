import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** A machine as the set-up sees it: files that it reads, and commands that stand before this machine's own. */
export interface Machine {
  readonly files: Readonly<Record<string, string>>;
  /** Shell script bodies by command name. */
  readonly commands: Readonly<Record<string, string>>;
}

/** A machine on which every check passes. */
export const goodMachine: Machine = {
  files: {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    'sys/kernel/btf/vmlinux': 'BTF',
    'proc/self/status': 'Name:\tbash\nCapEff:\t000001ffffffffff\n',
  },
  commands: {
    uname: '[ "$1" = -m ] && echo x86_64 || { [ "$1" = -r ] && echo 6.1.0-test || echo Linux; }',
    id: 'echo 0',
    dpkg: 'echo amd64',
    node: 'echo v20.19.0',
    npm: 'exit 0',
    perl: 'exit 0',
    unshare: 'exit 0',
    'apt-get': 'exit 0',
  },
};

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What stands in the checkout afterwards. */
  readonly checkout: readonly string[];
}

/** Runs a shell text in a checkout that holds the scripts only, on the machine. @param folder empty, for all files */
export function runOn(machine: Machine, folder: string, script: string): Outcome {
  const [checkout, machineRoot, commands] = ['checkout', 'machine', 'commands'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  cpSync(join(root, 'scripts'), join(checkout, 'scripts'), { recursive: true });
  for (const [path, text] of Object.entries(machine.files)) {
    mkdirSync(dirname(join(machineRoot, path)), { recursive: true });
    writeFileSync(join(machineRoot, path), text);
  }
  mkdirSync(commands);
  for (const [name, body] of Object.entries(machine.commands)) {
    writeFileSync(join(commands, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(commands, name), 0o755);
  }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: checkout,
    encoding: 'utf8',
    // From a socket as standard input bash would conclude that a remote shell started it, and read .bashrc.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${commands}:/usr/sbin:/usr/bin:/sbin:/bin`,
      WEIR_SETUP_ROOT: machineRoot,
      npm_lifecycle_event: 'demo',
    },
  });
  return { status, stdout, stderr, checkout: readdirSync(checkout) };
}
