import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What containerd gives to whoever asks for nothing. */
const usual = ['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'].concat([
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const known = new Map<string, object>();

/**
 * The seccomp profile that a pod with RuntimeDefault runs under, as the containerd of this machine makes it for a
 * container that drops all capabilities and adds some. @param capabilities without the prefix CAP_
 */
export function runtimeDefault(capabilities: readonly string[]): object {
  const key = capabilities.join(' ');
  const made = known.get(key) ?? ask(capabilities);
  known.set(key, made);
  return made;
}

function ask(capabilities: readonly string[]): object {
  const folder = mkdtempSync(join(tmpdir(), 'weir-containerd-'));
  mkdirSync(join(folder, 'rootfs'));
  const configuration = [
    'version = 2',
    `root = "${folder}/root"`,
    `state = "${folder}/state"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    `[grpc]\naddress = "${folder}/sock"`,
    `[ttrpc]\naddress = "${folder}/ttrpc"`,
  ];
  writeFileSync(join(folder, 'config.toml'), configuration.join('\n'));
  const flags = [
    ...usual.map((name) => `--cap-drop CAP_${name}`),
    ...capabilities.map((name) => `--cap-add CAP_${name}`),
  ];
  const script = `containerd --config ${folder}/config.toml 2> ${folder}/log & daemon=$!
    trap 'kill $daemon; wait $daemon' EXIT
    c() { ctr --address ${folder}/sock "$@"; }
    until c version > /dev/null 2>&1; do kill -0 $daemon; sleep 0.05; done
    c containers create --rootfs --seccomp ${flags.join(' ')} ${folder}/rootfs profile
    c containers info profile`;
  try {
    const text = execFileSync('bash', ['-euc', script], { encoding: 'utf8', timeout: 20_000 });
    const { Spec } = JSON.parse(text) as { readonly Spec: { readonly linux: { readonly seccomp: object } } };
    return Spec.linux.seccomp;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rule {
  readonly names: readonly string[];
  readonly action: string;
}

/** A profile without leave to call something. */
export function without(profile: object, call: string): object {
  const { syscalls } = profile as { readonly syscalls: readonly Rule[] };
  const left = syscalls
    .map((rule) =>
      rule.action === 'SCMP_ACT_ALLOW' ? { ...rule, names: rule.names.filter((name) => name !== call) } : rule,
    )
    .filter(({ names }) => names.length > 0);
  return { ...profile, syscalls: left };
}
