# What images can begin from where no registry of images can be reached: Debian from its packages, and Node.js with npm
# from the npm registry, laid out as in node:22-bookworm-slim. Sourced by the set-up and by scripts/images.sh.

image_base=.tools/image-base
node_version=22.23.3
# Of the archives of node-linux-ARCHITECTURE, and of the npm that comes with this Node.js.
declare -A node_hashes=(
  [x64]='qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng=='
  [arm64]='l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA=='
)
npm_version=10.9.9
npm_hash='1g+6jLQvaIuB4zwvHL7yrXuXcWZwDsCtBX8bbWDqbvJSSr9nPiDDWTHNgwXR27iIcTTW7v3A57hDW9RYv2W4Yg=='

fetch_node() {
  local folder=$1 architecture archive npm=$1/usr/local/lib/node_modules/npm
  architecture=$(node -p process.arch)
  mkdir -p "$npm" &&
    archive=$(fetch_npm_archive "$folder" "node-linux-$architecture@$node_version" "${node_hashes[$architecture]}") &&
    tar -xzf "$archive" -C "$folder/usr/local" --strip-components=1 package/bin package/include package/LICENSE &&
    rm "$archive" &&
    archive=$(fetch_npm_archive "$folder" "npm@$npm_version" "$npm_hash") &&
    tar -xzf "$archive" -C "$npm" --strip-components=1 &&
    rm "$archive" &&
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$folder/usr/local/bin/npm"
}

# make_debian FILE: the smallest Debian 12 with apt, without what only people read. The same packages give the same bytes.
make_debian() {
  SOURCE_DATE_EPOCH=0 mmdebstrap --mode=root --variant=minbase --skip=output/dev \
    --include=usr-is-merged --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='rm -f "$1/etc/hostname" "$1/etc/resolv.conf"' \
    bookworm "$1" \
    'deb http://deb.debian.org/debian bookworm main' \
    'deb http://deb.debian.org/debian bookworm-updates main' \
    'deb http://deb.debian.org/debian-security bookworm-security main'
}

make_image_base() {
  rm -rf "$image_base.new" && mkdir -p "$image_base.new/node" &&
    fetch_node "$image_base.new/node" &&
    make_debian "$image_base.new/debian.tar" &&
    rm -rf "$image_base" && mv "$image_base.new" "$image_base"
}

have_image_base() {
  [ "$("$image_base/node/usr/local/bin/node" --version 2>/dev/null)" = "v$node_version" ] ||
    step 'making what images begin from' make_image_base
}
