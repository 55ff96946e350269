#!/usr/bin/env bash
# Builds the images of Weir's parts with buildah, which needs no daemon; --help says how.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source scripts/progress.sh
source scripts/setup/npm-archive.sh
source scripts/images/base.sh
source scripts/images/addon.sh

progress_name=images
progress_log=$PWD/.stamps/images.log

store=$PWD/.tools/images

# Whatever the builder mounts goes away with a namespace of its own, however it ends. Its temporary files are removed from
# outside, where nothing is mounted in them.
if [ "${1:-}" != --mounted ]; then
  [ "$(id -u)" -eq 0 ] || { say 'to build images, be root' && exit 1; }
  command -v buildah >/dev/null || { say 'buildah is missing; npm run setup installs it' && exit 1; }
  mkdir -p .stamps "$store"
  TMPDIR=$(mktemp -d "$store/run.XXXXXX")
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
  unshare --mount --propagation private bash scripts/images.sh --mounted "$@"
  exit
fi
shift

usage() {
  cat <<'TEXT'
npm run images -- [OPTION…] [agent] [aggregator] [cli]

Builds images (all three unless some are named), writes each as an OCI archive, and lists its layers.

  --own-base       begin from Debian's packages and Node.js of the npm registry; no registry of images is asked
  --source URL     where the source of this commit is, for the images' labels
  --output FOLDER  where the archives go (.images)
  --fresh          use nothing that earlier builds left, and the packages that Debian has today
  --again          build everything twice from nothing, and fail if a layer is not the same
  --built          take what this checkout has built instead of compiling, as the tests do; with --own-base
  --no-archives    leave the images in .tools/images
TEXT
}

own_base='' source_url=unknown output=.images fresh='' again='' built='' archives=1
chosen=()
while [ $# -gt 0 ]; do
  case $1 in
    --own-base | --fresh | --again | --built) declare "$(tr - _ <<<"${1#--}")=1" ;;
    --no-archives) archives='' ;;
    --source | --output)
      [ $# -gt 1 ] || { say "$1 wants a value" && exit 2; }
      [ "$1" = --source ] && source_url=$2 || output=$2
      shift
      ;;
    agent | aggregator | cli) chosen+=("$1") ;;
    --help) usage && exit ;;
    *) say "what is $1?" && usage >&2 && exit 2 ;;
  esac
  shift
done
[ "${#chosen[@]}" -gt 0 ] || chosen=(agent aggregator cli)

version=$(node -p "require('./package.json').version")
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain 2>/dev/null)" ] || revision+=-changed
# Every file of a layer gets this time, in seconds since 1970, so that the same content is the same layer.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

take_lock .stamps/images.lock 'another build of images to finish'

# builder STORAGE WORD…: buildah with all that it keeps in one folder.
builder() {
  buildah --root "$store/$1" --runroot "$TMPDIR/$1" "${@:2}"
}

# build STORAGE NAME FILE TARGET ARGUMENT… CONTEXT
build() {
  builder "$1" build --isolation chroot --layers --identity-label=false --timestamp "$SOURCE_DATE_EPOCH" \
    --tag "$2" --file "$3" --target "$4" "${@:5}"
}

# How npm asks the registry here; no layer keeps it.
npm_secrets() {
  printf 'registry=%s\ncafile=/run/secrets/authorities\n' "$(npm config get registry)" >"$TMPDIR/npmrc"
  arguments+=(--secret "id=npmrc,src=$TMPDIR/npmrc" --secret id=authorities,src=/etc/ssl/certs/ca-certificates.crt)
}

# The place of the compiling stage is taken by a folder with what it would have made.
take_built() {
  local part
  rm -rf "$store/built" && mkdir -p "$store/built/usr/local/bin" &&
    cp -l "$image_base/node/usr/local/LICENSE" "$store/built/usr/local" &&
    cp -l "$image_base/node/usr/local/bin/node" "$store/built/usr/local/bin" || return
  for part in "${chosen[@]}"; do
    node scripts/images/tree.js "$part" "$store/built/out/$part" || return
    [ "$part" != aggregator ] ||
      cp "$image_addon/better_sqlite3.node" "$store/built/out/$part/node_modules/better-sqlite3/build/Release" || return
  done
}

base_tag() {
  printf '%.12s-%s' "$(sha256sum "$image_base/debian.tar")" "$node_version"
}

# build_base STORAGE: has what images begin from, named after what it is made of, in the storage.
build_base() {
  local name tag names=(debian)
  # Node.js with npm is for compiling only.
  [ -n "$built" ] || names+=(node)
  tag=$(base_tag) || return
  for name in "${names[@]}"; do
    [ -n "$(builder "$1" images --quiet --filter "reference=localhost/$name:$tag")" ] ||
      build "$1" "localhost/$name:$tag" images/base.Dockerfile "$name" "$image_base" || return
  done
}

# build_all STORAGE: builds what was chosen.
build_all() {
  local part tag arguments=(--build-arg VERSION="$version" --build-arg REVISION="$revision" --build-arg SOURCE="$source_url")
  if [ -n "$own_base" ]; then
    step 'taking what images begin from' build_base "$1" || return
    tag=$(base_tag) || return
    arguments+=(--build-arg NODE_IMAGE="localhost/node:$tag" --build-arg DEBIAN_IMAGE="localhost/debian:$tag")
  fi
  if [ -n "$built" ]; then arguments+=(--build-context build="$store/built"); else npm_secrets; fi
  for part in "${chosen[@]}"; do
    step "building weir-$part" build "$1" "$(name_of "$part")" images/Dockerfile "$part" "${arguments[@]}" . ||
      { [ -n "$own_base" ] || say 'where no registry of images can be reached, --own-base does without'; return 1; }
  done
}

name_of() {
  printf 'localhost/weir-%s:%s' "$1" "$version"
}

layers_of() {
  builder "$1" inspect --type image "$(name_of "$2")" | node scripts/images/layers.js
}

write_archive() {
  mkdir -p "$output" && rm -f "$output/weir-$1.tar" &&
    builder "$storage" push "$(name_of "$1")" "oci-archive:$output/weir-$1.tar:weir-$1:$version"
}

# What the tests build is kept apart from what is delivered.
storage=delivery
[ -z "$built" ] || storage=checkout
if [ -n "$fresh" ]; then rm -rf "${store:?}/$storage" "$image_base"; fi
# What earlier commits left bears their time, and the same would get another now.
if [ -n "$again" ]; then storage+=-again && rm -rf "${store:?}/$storage"; fi
if [ -n "$own_base" ]; then have_image_base; fi
if [ -n "$built" ]; then
  have_image_addon
  step 'taking what is built' take_built
fi
build_all "$storage"
if [ -n "$again" ]; then
  rm -rf "$store/again"
  build_all again
  for part in "${chosen[@]}"; do
    first=$(layers_of "$storage" "$part")
    second=$(layers_of again "$part")
    diff <(echo "$first") <(echo "$second") ||
      { say "weir-$part is not the same when it is built again" && exit 1; }
  done
  rm -rf "$store/again"
fi
# Layers of earlier commits; those of the compiling stage are worth keeping.
if [ -n "$built" ]; then step 'removing what is out of date' builder "$storage" rmi --prune; fi
for part in "${chosen[@]}"; do
  [ -z "$archives" ] || step "writing $output/weir-$part.tar" write_archive "$part"
  printf 'weir-%s:%s\n' "$part" "$version"
  layers_of "$storage" "$part"
done
