import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const schema = '/usr/share/openvswitch/vswitch.ovsschema';
const patienceMs = 10_000;

/** Why no ovsdb-server can run here; false when one can. In the form of tap's `skip` option. */
export function whyNoOvsdb(): string | false {
  return spawnSync('ovsdb-server', ['--version']).status === 0 ? false : 'openvswitch-switch is not installed';
}

/** A row of the table Interface. */
export interface OvsInterface {
  readonly name: string;
  readonly ifindex: number;
  readonly externalIds: Readonly<Record<string, string>>;
}

/** The real ovsdb-server with Open vSwitch's schema, in the foreground, with everything in a folder of its own. */
export class OvsdbServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-ovsdb-'));
  readonly socket = join(this.folder, 'db.sock');
  readonly #database = join(this.folder, 'conf.db');
  #child: ChildProcess | null = null;

  constructor() {
    execFileSync('ovsdb-tool', ['create', this.#database, schema]);
  }

  async start(): Promise<void> {
    const files = [`--remote=punix:${this.socket}`, `--unixctl=${join(this.folder, 'ctl')}`, '--no-chdir'];
    const environment = { ...process.env, OVS_RUNDIR: this.folder, OVS_LOGDIR: this.folder };
    this.#child = spawn('ovsdb-server', [this.#database, ...files], { stdio: 'ignore', env: environment });
    const deadline = Date.now() + patienceMs;
    while (!existsSync(this.socket)) {
      if (Date.now() > deadline) throw new Error('ovsdb-server does not listen');
      await sleep(10);
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    rmSync(this.socket, { force: true });
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Adds an interface and the bridge and port that it has to be in. */
  add({ name, ifindex, externalIds }: OvsInterface): void {
    const row = { name, ifindex, external_ids: ['map', Object.entries(externalIds)] };
    const named = (table: string, id: string, more: object) => ({ op: 'insert', table, row: more, 'uuid-name': id });
    this.#transact(
      named('Interface', 'i', row),
      named('Port', 'p', { name, interfaces: ['named-uuid', 'i'] }),
      named('Bridge', 'b', { name: `br-${name}`, ports: ['named-uuid', 'p'] }),
      {
        op: 'mutate',
        table: 'Open_vSwitch',
        where: [],
        mutations: [['bridges', 'insert', ['named-uuid', 'b']]],
      },
    );
  }

  setIndex(name: string, ifindex: number): void {
    this.#transact({ op: 'update', table: 'Interface', where: [['name', '==', name]], row: { ifindex } });
  }

  /** Removes every bridge, and with them what is in them. */
  clear(): void {
    this.#transact({ op: 'update', table: 'Open_vSwitch', where: [], row: { bridges: ['set', []] } });
  }

  /** Makes the one row of the table Open_vSwitch, as ovs-vsctl does at first. */
  initialise(): void {
    this.#transact({ op: 'insert', table: 'Open_vSwitch', row: {} });
  }

  #transact(...operations: readonly object[]): void {
    const text = JSON.stringify(['Open_vSwitch', ...operations]);
    const answer = execFileSync('ovsdb-client', ['transact', `unix:${this.socket}`, text], { encoding: 'utf8' });
    if (answer.includes('"error"')) throw new Error(`ovsdb-server refused ${text}: ${answer}`);
  }
}
