import { watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isFields } from '../../core/fields.ts';
import { messageOf } from '../../core/errors.ts';
import { readDocuments } from '../../core/manifest-document.ts';
import { unfoldLists } from '../../core/manifest-list.ts';
import { keyOf, type NewObject, type ObjectStore } from './object-store.ts';
import { resourceOf } from './resources.ts';

/** Writers replace a file in several steps: read once they are done. */
const debounceMs = 50;
const pollMs = 2_000;

/** An object of a manifest in the form in which the server holds it; null for what it does not serve. */
function objectOf(value: unknown): NewObject | null {
  if (!isFields(value) || !isFields(value['metadata'])) return null;
  const { apiVersion, kind, metadata } = value;
  const { name, namespace } = metadata;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return null;
  const resource = resourceOf(apiVersion, kind);
  if (resource === null) return null;
  const scope = { namespace: typeof namespace === 'string' ? namespace : 'default' };
  return { ...value, apiVersion, kind, metadata: { ...metadata, name, ...(resource.namespaced ? scope : {}) } };
}

/** @throws Error that names the line when the text is no YAML */
function objectsIn(text: string): NewObject[] {
  return readDocuments(text).flatMap((document) => {
    if ('message' in document) throw new Error(`line ${document.line}: ${document.message}`);
    return unfoldLists(document.fields).flatMap(({ value }) => objectOf(value) ?? []);
  });
}

interface FileContent {
  readonly text: string;
  readonly objects: readonly NewObject[];
}

/** Makes a store hold what the manifests in a folder say, and follows their changes. */
export class ManifestFolder {
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #onProblem: (message: string) => void;
  /** What each file held when it could last be read. */
  #files = new Map<string, FileContent>();
  /** The text of each object that is in the store, by kind and key. */
  #texts = new Map<string, string>();
  #reading: Promise<void> = Promise.resolve();
  #soon: NodeJS.Timeout | null = null;

  /** @throws whatever the file system says of the folder */
  static async follow(store: ObjectStore, folder: string, onProblem: (message: string) => void): Promise<() => void> {
    const manifests = new ManifestFolder(store, folder, onProblem);
    await manifests.#read();
    const look = () => {
      manifests.#soon ??= setTimeout(() => {
        manifests.#soon = null;
        manifests.#reading = manifests.#reading
          .then(() => manifests.#read())
          .catch((error: unknown) => onProblem(messageOf(error)));
      }, debounceMs);
    };
    const watcher = watch(folder, look);
    const poll = setInterval(look, pollMs);
    return () => {
      watcher.close();
      clearInterval(poll);
      if (manifests.#soon !== null) clearTimeout(manifests.#soon);
    };
  }

  private constructor(store: ObjectStore, folder: string, onProblem: (message: string) => void) {
    this.#store = store;
    this.#folder = folder;
    this.#onProblem = onProblem;
  }

  async #read(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name));
    const files = new Map<string, FileContent>();
    for (const name of names.toSorted()) {
      const file = await this.#readFile(name);
      if (file !== undefined) files.set(name, file);
    }
    this.#files = files;
    this.#apply([...files.values()].flatMap(({ objects }) => objects));
  }

  async #readFile(name: string): Promise<FileContent | undefined> {
    const before = this.#files.get(name);
    try {
      const text = await readFile(`${this.#folder}/${name}`, 'utf8');
      return text === before?.text ? before : { text, objects: objectsIn(text) };
    } catch (error) {
      this.#onProblem(`${name}: ${messageOf(error)}`);
      return before;
    }
  }

  #apply(objects: readonly NewObject[]): void {
    const idOf = (object: NewObject) => `${object.apiVersion} ${object.kind} ${keyOf(object)}`;
    const wanted = new Map(objects.map((object) => [idOf(object), object]));
    for (const object of this.#store.all()) if (!wanted.has(idOf(object))) this.#store.delete(object);
    const texts = new Map<string, string>();
    for (const [id, object] of wanted) {
      const text = JSON.stringify(object);
      texts.set(id, text);
      if (this.#texts.get(id) !== text) this.#store.set(object);
    }
    this.#texts = texts;
  }
}
