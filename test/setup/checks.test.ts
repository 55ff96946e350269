import t from 'tap';
import { goodMachine, type Machine, runOn } from './machine.ts';

const container = 'docker run --rm -it --privileged -v "$PWD":/weir -w /weir node:22-bookworm npm run demo';
const otherNode = 'apt-get install -y npm && npx --yes n 22';

interface Lacking {
  readonly files?: Readonly<Record<string, string | null>>;
  readonly commands?: Readonly<Record<string, string>>;
  readonly says: string;
  readonly helps: string;
}

const lacking: Readonly<Record<string, Lacking>> = {
  'not Linux': { commands: { uname: 'echo Darwin' }, says: 'Weir needs Linux; this is Darwin.', helps: container },
  'not root': {
    commands: { id: 'echo 1000' },
    says: 'Weir loads BPF programs and makes network namespaces, so it needs root.',
    helps: 'sudo npm run demo',
  },
  'another distribution': {
    files: { 'etc/os-release': 'ID=fedora\nPRETTY_NAME="Fedora Linux 42"\n' },
    says: 'The set-up installs packages of Debian 12 or later; this is Fedora Linux 42.',
    helps: container,
  },
  'no os-release': {
    files: { 'etc/os-release': null },
    says: 'The set-up installs packages of Debian 12 or later; this is an unknown distribution.',
    helps: container,
  },
  'an old Debian': {
    files: { 'etc/os-release': 'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n' },
    says: 'The set-up installs packages of Debian 12 or later; this is Debian GNU/Linux 11 (bullseye).',
    helps: container,
  },
  'an old Node.js': {
    commands: { node: 'echo v18.20.4' },
    says: 'Weir needs Node.js 20.19 or later, before 24; found: v18.20.4.',
    helps: otherNode,
  },
  'a Node.js 20 that is too old': {
    commands: { node: 'echo v20.9.0' },
    says: 'Weir needs Node.js 20.19 or later, before 24; found: v20.9.0.',
    helps: otherNode,
  },
  'a Node.js that is too new': {
    commands: { node: 'echo v24.21.0' },
    says: 'Weir needs Node.js 20.19 or later, before 24; found: v24.21.0.',
    helps: otherNode,
  },
  'no BTF': {
    files: { 'sys/kernel/btf/vmlinux': null },
    says: 'The kernel (6.1.0-test) offers no type information: /sys/kernel/btf/vmlinux is missing (CONFIG_DEBUG_INFO_BTF).',
    helps: 'apt-get install -y linux-image-amd64 && reboot',
  },
  'the capabilities of an ordinary container': {
    files: { 'proc/self/status': 'CapEff:\t00000000a80425fb\n' },
    says: 'This process may not load BPF programs: it has neither CAP_BPF with CAP_PERFMON nor CAP_SYS_ADMIN.',
    helps: container,
  },
  'CAP_BPF without CAP_PERFMON': {
    files: { 'proc/self/status': 'CapEff:\t0000008000001000\n' },
    says: 'This process may not load BPF programs: it has neither CAP_BPF with CAP_PERFMON nor CAP_SYS_ADMIN.',
    helps: container,
  },
  'no CAP_NET_ADMIN': {
    files: { 'proc/self/status': 'CapEff:\t000000c000200000\n' },
    says: 'This process may not configure networks: it lacks CAP_NET_ADMIN.',
    helps: container,
  },
  'bpf() refused': {
    commands: { perl: 'exit 1' },
    says: 'The bpf() system call is refused here although the capability is there (a seccomp filter?).',
    helps: container,
  },
  'no network namespaces': {
    commands: { unshare: 'exit 1' },
    says: 'This process may not make network namespaces.',
    helps: container,
  },
};

function without({ files = {}, commands = {} }: Lacking): Machine {
  const all = { ...goodMachine.files, ...files };
  return {
    files: Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null)),
    commands: { ...goodMachine.commands, ...commands },
  };
}

for (const [name, lack] of Object.entries(lacking)) {
  t.test(`${name}: says what is missing and what helps, and changes nothing`, async (t) => {
    const outcome = runOn(without(lack), t.testdir(), 'bash scripts/setup.sh');
    const expected = `setup: ${lack.says}\nsetup: to help, run: ${lack.helps}\n`;
    t.equal(outcome.stderr.replace(/(?<=: )\/\S+\/machine(?=\/sys)/, ''), expected);
    t.equal(outcome.stdout, '');
    t.equal(outcome.status, 1);
    t.strictSame(outcome.checkout, ['scripts']);
  });
}

t.test('a machine with everything passes, also with CAP_BPF and CAP_PERFMON in place of CAP_SYS_ADMIN', async (t) => {
  const named = { ...goodMachine.files, 'proc/self/status': 'CapEff:\t000000c000001000\n' };
  const testing = { ...goodMachine.files, 'etc/os-release': 'ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"\n' };
  const derived = { ...goodMachine.files, 'etc/os-release': 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n' };
  const script = 'set -euo pipefail; again=again; source scripts/setup/checks.sh; check_machine; echo passed';
  const folder = t.testdir({ 0: {}, 1: {}, 2: {}, 3: {} });
  for (const [index, files] of [goodMachine.files, named, testing, derived].entries()) {
    const outcome = runOn({ ...goodMachine, files }, `${folder}/${index}`, script);
    t.match(outcome, { stdout: 'passed\n', stderr: '', status: 0 });
  }
});
