import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { lookup } from 'mrmime';
import { type Content, contentOf } from './content.ts';

/** A file of the web app. */
export interface SiteFile {
  readonly content: Content;
  readonly etag: string;
  /** Whether its name changes with what is in it. */
  readonly isImmutable: boolean;
}

/** The web app as it was built: all of its files, by their path with forward slashes. */
export interface Site {
  /** Changes with the build. */
  readonly builtMs: number;
  readonly files: ReadonlyMap<string, SiteFile>;
}

export const indexName = 'index.html';

/** Of all files: a bound on what a wrong folder may cost. */
const maxBytes = 64 * 1024 * 1024;

/** The names that Vite gives to what it bundles: a hash of eight or more stands before the ending. */
const hashed = /^assets\/.*-[\w-]{8,}\.\w+$/;

function typeOf(path: string): string {
  const type = lookup(path) ?? 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

async function readSite(folder: string): Promise<Site> {
  const builtMs = (await stat(join(folder, indexName))).mtimeMs;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, SiteFile>();
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const place = join(entry.parentPath, entry.name);
    const body = await readFile(place);
    bytes += body.length;
    if (bytes > maxBytes) throw new Error(`${folder} holds more than ${maxBytes} bytes: it is no web app of Weir's`);
    const path = relative(folder, place).split(sep).join('/');
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    files.set(path, { content: contentOf(typeOf(path), body, true), etag, isImmutable: hashed.test(path) });
  }
  return { builtMs, files };
}

/** Keeps the web app's files in memory; reads them anew when it was built again. Nothing else can be reached by it. */
export class SiteFolder {
  readonly #folder: string;
  #site: Promise<Site | null> | null = null;
  #builtMs = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Null while the folder holds no web app. @throws Error when it cannot be read */
  async current(): Promise<Site | null> {
    const builtMs = await stat(join(this.#folder, indexName)).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    );
    // Reproducible images may give every file the time 0.
    if (builtMs === null) return null;
    if (this.#site === null || builtMs !== this.#builtMs) {
      this.#builtMs = builtMs;
      this.#site = readSite(this.#folder);
      this.#site.catch(() => {
        this.#site = null;
      });
    }
    return await this.#site;
  }
}
