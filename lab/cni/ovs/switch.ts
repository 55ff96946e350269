import { mkdir } from 'node:fs/promises';
import type { LabNode } from '../../cluster.ts';
import { mustRun } from '../../command.ts';
import { startProcess } from '../../pod-processes.ts';
import { inNetns } from '../../probes.ts';

const schema = '/usr/share/openvswitch/vswitch.ovsschema';

/** The folder in which a node's Open vSwitch keeps its database, sockets and logs. */
export function ovsDir(node: LabNode): string {
  return `${node.dir}/openvswitch`;
}

/** The unix socket on which a node's OVSDB answers. */
export function ovsdbSocket(node: LabNode): string {
  return `${ovsDir(node)}/db.sock`;
}

/**
 * An Open vSwitch of its own for a node: database and switch in the node's namespace, with the datapath in the process
 * of the switch, because the kernel's may be missing. They end with the lab's other processes.
 */
export async function startSwitch(lab: string, node: LabNode): Promise<void> {
  const dir = ovsDir(node);
  const within = (argv: readonly string[]) =>
    inNetns(node.netnsPath, ['env', `OVS_RUNDIR=${dir}`, `OVS_LOGDIR=${dir}`, `OVS_DBDIR=${dir}`, ...argv]);
  await mkdir(dir, { recursive: true });
  await mustRun(['ovsdb-tool', 'create', `${dir}/conf.db`, schema]);
  const server = [
    'ovsdb-server',
    `${dir}/conf.db`,
    `--remote=punix:${ovsdbSocket(node)}`,
    `--unixctl=${dir}/ovsdb.ctl`,
  ];
  await startProcess(lab, within(server), `${dir}/ovsdb-server.log`);
  await vsctl(node, [['init']]);
  const daemon = ['ovs-vswitchd', `unix:${ovsdbSocket(node)}`, `--unixctl=${dir}/vswitchd.ctl`];
  await startProcess(lab, within(daemon), `${dir}/ovs-vswitchd.log`);
}

/** Runs commands of ovs-vsctl in one transaction; all but `init` wait until the switch has done what they say. */
export async function vsctl(node: LabNode, commands: readonly (readonly string[])[]): Promise<void> {
  const wait = commands[0]?.[0] === 'init' ? ['--no-wait'] : [];
  const argv = commands.flatMap((command) => ['--', ...command]);
  await mustRun(['ovs-vsctl', `--db=unix:${ovsdbSocket(node)}`, '--retry', '--timeout=20', ...wait, ...argv]);
}

/** Makes a bridge have exactly these groups and flows, one a line in the words of ovs-ofctl, from the next packet on. */
export async function replaceFlows(
  node: LabNode,
  bridge: string,
  groups: readonly string[],
  flows: readonly string[],
): Promise<void> {
  const ofctl = (command: string, lines: readonly string[]) =>
    mustRun(['ovs-ofctl', '-O', 'OpenFlow15', command, `unix:${ovsDir(node)}/${bridge}.mgmt`, '-'], {
      input: `${lines.join('\n')}\n`,
    });
  await ofctl(
    'add-groups',
    groups.map((group) => `add_or_mod ${group}`),
  );
  await ofctl('replace-flows', flows);
  // What the datapath remembers of the flows before would go on deciding until it is looked at again.
  await mustRun(['ovs-appctl', `--target=${ovsDir(node)}/vswitchd.ctl`, 'revalidator/purge']);
}
