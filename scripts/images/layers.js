/** Takes what `buildah inspect --type image` says, and writes of each layer its size, the hash of what it holds, and its instruction. */
import { readFileSync } from 'node:fs';

const { Manifest, OCIv1 } = JSON.parse(readFileSync(0, 'utf8'));
const { layers } = JSON.parse(Manifest);
const history = OCIv1.history.filter((each) => each.empty_layer !== true);
for (const [index, diffId] of OCIv1.rootfs.diff_ids.entries()) {
  const megabytes = (layers[index].size / 1e6).toFixed(1).padStart(6);
  const instruction = (history[index]?.created_by ?? '').replace(/^\/bin\/sh -c (#\(nop\) )?/, '');
  const words = instruction
    .replace(/ (file|dir|multi):\w+/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  process.stdout.write(`${megabytes} MB  ${diffId}  ${words.slice(0, 60)}\n`);
}
