import Database from 'better-sqlite3';
import { WeirError } from '../../core/errors.ts';
import { storeError } from './sqlite-errors.ts';

/** `weir` in ASCII: tells our databases from others' (https://www.sqlite.org/fileformat.html#application_id). */
const applicationId = 0x77656972;
const firstTables = `
  -- Who talks to whom: named once.
  CREATE TABLE edge (
    id       INTEGER PRIMARY KEY,
    cluster  TEXT NOT NULL,
    key      TEXT NOT NULL,
    client   TEXT NOT NULL,  -- entity as JSON
    server   TEXT NOT NULL,  -- entity as JSON
    protocol TEXT NOT NULL,
    port     INTEGER NOT NULL,
    UNIQUE (cluster, key)
  );
  -- What one end reports of an edge, by one Service or by none: numbered in the segments.
  CREATE TABLE lane (
    id       INTEGER PRIMARY KEY,
    edge     INTEGER NOT NULL,
    reporter TEXT NOT NULL,     -- client or server
    service  INTEGER NOT NULL,  -- its name; 0 for none
    UNIQUE (edge, reporter, service)
  );
  -- Drop reasons, servers' names, and Services as namespace/name.
  CREATE TABLE name (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
  );
  CREATE TABLE segment (
    id            INTEGER PRIMARY KEY,
    cluster       TEXT NOT NULL,
    node          TEXT NOT NULL,
    epoch         INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    start_unix_ms INTEGER NOT NULL,
    end_unix_ms   INTEGER NOT NULL,
    losses        TEXT NOT NULL,  -- JSON object, {} when the window is complete
    columns       BLOB NOT NULL,
    UNIQUE (cluster, node, epoch, sequence)
  );
  CREATE INDEX segment_end ON segment (cluster, end_unix_ms);
  CREATE TABLE cursor (
    cluster            TEXT NOT NULL,
    node               TEXT NOT NULL,
    epoch              INTEGER NOT NULL,
    sequence           INTEGER NOT NULL,
    window_end_unix_ms INTEGER NOT NULL,
    PRIMARY KEY (cluster, node)
  ) WITHOUT ROWID;
`;

const aliasTable = `
  CREATE TABLE alias (
    cluster         TEXT NOT NULL,
    name            TEXT NOT NULL,
    cidr            TEXT NOT NULL,
    allowed         INTEGER NOT NULL,
    expires_unix_ms INTEGER,  -- NULL when it has no end
    comment         TEXT NOT NULL,
    PRIMARY KEY (cluster, name)
  ) WITHOUT ROWID;
`;

const settingsTable = `
  CREATE TABLE settings (
    cluster  TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    body     TEXT NOT NULL  -- as JSON
  ) WITHOUT ROWID;
`;

const baselineTable = `
  CREATE TABLE baseline (
    cluster TEXT NOT NULL,
    name    TEXT NOT NULL,
    body    TEXT NOT NULL,  -- all but its edges, as JSON
    edges   BLOB NOT NULL,
    PRIMARY KEY (cluster, name)
  );
`;

const pieceTables = `
  CREATE TABLE cluster (
    name           TEXT NOT NULL PRIMARY KEY,
    last_segment   INTEGER NOT NULL,  -- the last that was committed
    rolled_segment INTEGER NOT NULL   -- segments up to here are in pieces
  ) WITHOUT ROWID;
  INSERT INTO cluster SELECT cluster, max(id), 0 FROM segment GROUP BY cluster;
  DROP INDEX segment_end;
  CREATE INDEX segment_time ON segment (cluster, start_unix_ms, end_unix_ms);
  -- The merged rows of all nodes in one bucket of time: a bucket may have several.
  CREATE TABLE piece (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster       TEXT NOT NULL,
    width_ms      INTEGER NOT NULL,
    start_unix_ms INTEGER NOT NULL,  -- of the bucket
    first_unix_ms INTEGER NOT NULL,  -- start of the first window in it
    end_unix_ms   INTEGER NOT NULL,  -- end of the last
    who           BLOB NOT NULL,     -- all that refers to lanes and names
    numbers       BLOB NOT NULL
  );
  CREATE INDEX piece_time ON piece (cluster, width_ms, start_unix_ms, first_unix_ms, end_unix_ms);
  -- Sums over spans of time as they stood at some moment.
  CREATE TABLE checkpoint (
    cluster       TEXT NOT NULL,
    length_ms     INTEGER NOT NULL,
    part          INTEGER NOT NULL,
    through_id    INTEGER NOT NULL,
    from_unix_ms  INTEGER NOT NULL,
    first_unix_ms INTEGER NOT NULL,
    end_unix_ms   INTEGER NOT NULL,
    who           BLOB NOT NULL,
    numbers       BLOB NOT NULL,
    PRIMARY KEY (cluster, length_ms, part)
  );
`;

const checkpointColumn = `
  -- Segments behind through_id that are in the sums too, as a JSON array.
  ALTER TABLE checkpoint ADD COLUMN ahead TEXT NOT NULL DEFAULT '[]';
`;

/** Cursors see to it that no batch is there twice: an index for that alone would be written with every segment. */
const segmentTable = `
  DROP INDEX segment_time;
  ALTER TABLE segment RENAME TO segment_before;
  CREATE TABLE segment (
    id            INTEGER PRIMARY KEY,
    cluster       TEXT NOT NULL,
    node          TEXT NOT NULL,
    epoch         INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    start_unix_ms INTEGER NOT NULL,
    end_unix_ms   INTEGER NOT NULL,
    losses        TEXT NOT NULL,  -- JSON object, {} when the window is complete
    columns       BLOB NOT NULL
  );
  INSERT INTO segment SELECT * FROM segment_before;
  DROP TABLE segment_before;
  CREATE INDEX segment_time ON segment (cluster, start_unix_ms, end_unix_ms);
`;

/**
 * What makes a database of each version out of one of the version before; the first makes it out of nothing. The
 * version counts up with every change of the tables or of the form of the segments in them.
 */
const steps: ReadonlyMap<number, string> = new Map([
  [3, firstTables],
  [4, aliasTable],
  [5, settingsTable],
  [6, baselineTable],
  [7, pieceTables],
  [8, checkpointColumn],
  [9, segmentTable],
]);
const versions = [...steps.keys()];
const oldest = Math.min(...versions);
/** The version of the tables that this version of Weir makes. */
export const schemaVersion = Math.max(...versions);

const maxIdleLogBytes = 64 << 20;

/** How durable a commit is when its promise resolves: FULL survives a power cut, NORMAL a crash of the process only. */
export type Synchronous = 'FULL' | 'NORMAL';

/**
 * @param advice what to do about a database of a version that is not known here
 * @returns the database's version, 0 when it is new. @throws WeirError STORE when it is not ours, or too old or new
 */
export function versionOf(database: Database.Database, path: string, advice: string): number {
  const owner = database.pragma('application_id', { simple: true });
  const isEmpty = database.prepare('SELECT count(*) = 0 FROM sqlite_schema').pluck().get() === 1;
  if (owner !== applicationId && !(owner === 0 && isEmpty)) {
    throw new WeirError('STORE', `${path}: the database belongs to another program; name another file`);
  }
  if (isEmpty) return 0;
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version < oldest || version > schemaVersion) {
    const what = `has schema ${version}, this version of Weir reads ${oldest} to ${schemaVersion}`;
    throw new WeirError('STORE', `${path}: the database ${what}; ${advice}`);
  }
  return version;
}

function prepare(database: Database.Database, path: string, synchronous: Synchronous): void {
  const version = versionOf(database, path, 'move it away to begin anew, or name another file');
  database.pragma('journal_mode = WAL');
  // While it is copied the write-ahead log cannot begin anew: afterwards its room is given back.
  database.pragma(`journal_size_limit = ${maxIdleLogBytes}`);
  database.pragma(`synchronous = ${synchronous}`);
  const missing = [...steps].filter(([each]) => each > version).map(([, step]) => step);
  const marks = `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`;
  database.exec(`BEGIN EXCLUSIVE; ${missing.join('')} ${marks} COMMIT;`);
}

/** Opens or makes a database of which this process is the owner. @throws WeirError STORE */
export function openDatabase(path: string, synchronous: Synchronous): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 2_000 });
    prepare(database, path, synchronous);
    return database;
  } catch (error) {
    database?.close();
    throw storeError(path, error);
  }
}
