import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { goodMachine, type Machine, runOn } from './machine.ts';

const script = `
set -euo pipefail
source scripts/progress.sh
source scripts/setup/packages.sh
progress_name=setup
progress_log=$PWD/setup.log
set_up_packages`;

const policyRc = 'usr/sbin/policy-rc.d';
const clusterRc = 'etc/postgresql-common/createcluster.d/weir.conf';

/**
 * A machine on which all but nginx-light, openvswitch-switch and curl are installed, and whose commands write down how they were called.
 * Like the real one, its dpkg-query fails when it does not know one of the packages.
 */
function machineWith(folder: string, aptGet = '', files: Machine['files'] = {}): Machine {
  const record = `echo "$(basename $0) $*" >>${folder}/calls`;
  const held = `${record}; cat ${folder}/machine/${policyRc} ${folder}/machine/${clusterRc} >${folder}/held;`;
  const list =
    'for each in "$@"; do case $each in nginx-light|openvswitch-switch|curl) unknown=1 ;; -*|*Status*) ;; *) echo "installed $each" ;; esac; ' +
    'done; exit ${unknown:-0}';
  return {
    files: { ...goodMachine.files, 'usr/sbin/keep': '', ...files },
    commands: { ...goodMachine.commands, 'dpkg-query': list, 'apt-get': held + aptGet, systemctl: record },
  };
}

t.test('only what is missing is installed, its services are kept down, and nothing is left behind', async (t) => {
  const folder = t.testdir();
  const { status, stdout, stderr } = runOn(machineWith(folder), folder, script);
  t.match(stderr, /^setup: installing 3 Debian packages … \d+ s\n$/);
  t.equal(stdout, '');
  t.equal(status, 0);
  t.strictSame(readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n'), [
    'apt-get update',
    'apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 curl nginx-light openvswitch-switch',
    'systemctl disable --quiet nginx.service',
    'systemctl disable --quiet openvswitch-switch.service',
  ]);
  t.equal(readFileSync(join(folder, 'held'), 'utf8'), '#!/bin/sh\nexit 101\ncreate_main_cluster = false\n');
  for (const path of [policyRc, clusterRc]) t.notOk(existsSync(join(folder, 'machine', path)), `${path} is gone`);
});

t.test(
  'a failed installation shows the end of its log, says where the log is, and leaves nothing behind',
  async (t) => {
    const folder = t.testdir();
    const broken = machineWith(folder, '[ "$1" = update ] || { echo "E: Unable to locate package curl"; exit 100; }');
    const { status, stderr } = runOn(broken, folder, script);
    t.equal(status, 100);
    t.match(stderr, /failed after \d+ s\nE: Unable to locate package curl\n/);
    t.match(stderr, `all of its output is in ${folder}/checkout/setup.log`);
    for (const path of [policyRc, clusterRc]) t.notOk(existsSync(join(folder, 'machine', path)), `${path} is gone`);
  },
);

t.test("the machine's own policy-rc.d stays as it was", async (t) => {
  const folder = t.testdir();
  const { status } = runOn(machineWith(folder, '', { [policyRc]: 'mine' }), folder, script);
  t.equal(status, 0);
  t.equal(readFileSync(join(folder, 'machine', policyRc), 'utf8'), 'mine');
});
