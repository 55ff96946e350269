import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';

const program = '#include <unistd.h>\nint main(void) { for (;;) pause(); }\n';
const media = 'application/vnd.oci.image';
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Makes an image with one program that waits, as an archive of the OCI image layout. @returns the archive's path */
export function writePauseImage(folder: string, name: string): string {
  const files = join(folder, 'image');
  const root = join(folder, 'image-root');
  for (const each of [join(files, 'blobs', 'sha256'), root]) mkdirSync(each, { recursive: true });
  execFileSync('cc', ['-static', '-O2', '-x', 'c', '-o', join(root, 'pause'), '-'], { input: program });
  const layerFile = join(folder, 'layer.tar');
  execFileSync('tar', ['-cf', layerFile, '-C', root, 'pause']);
  const blob = (content: Uint8Array | string) => {
    const hex = createHash('sha256').update(content).digest('hex');
    const path = join(files, 'blobs', 'sha256', hex);
    writeFileSync(path, content);
    return { digest: `sha256:${hex}`, size: statSync(path).size };
  };
  const layer = { mediaType: `${media}.layer.v1.tar`, ...blob(readFileSync(layerFile)) };
  const configuration = {
    architecture: architectures[arch()] ?? arch(),
    os: 'linux',
    config: { Entrypoint: ['/pause'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  };
  const config = { mediaType: `${media}.config.v1+json`, ...blob(JSON.stringify(configuration)) };
  const mediaType = `${media}.manifest.v1+json`;
  const manifest = blob(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] }));
  const annotations = { 'io.containerd.image.name': name };
  const index = { schemaVersion: 2, manifests: [{ mediaType, ...manifest, annotations }] };
  writeFileSync(join(files, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(files, 'index.json'), JSON.stringify(index));
  const archive = join(folder, 'pause.tar');
  execFileSync('tar', ['-cf', archive, '-C', files, 'oci-layout', 'index.json', 'blobs']);
  return archive;
}
