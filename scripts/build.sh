#!/usr/bin/env bash
# Builds what is stale: native/ with bpf/, the lab's BPF programs, the TypeScript, and the web app. Prints nothing when there is nothing to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source scripts/progress.sh
progress_name=build
progress_log=$PWD/.stamps/build.log
export PATH=$PWD/node_modules/.bin:$PATH

# fingerprint PATH…: a hash over names and contents of the files under the paths.
fingerprint() {
  find "$@" -path native/build -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum
}

# fresh NAME STATE: whether the thing was last built from this state.
fresh() {
  [ -f ".stamps/$1" ] && [ "$(<".stamps/$1")" = "$2" ]
}

build_native() {
  local state
  state=$(fingerprint bpf native package-lock.json)
  fresh native "$state" && [ -f native/build/Release/weir_native.node ] && [ -f native/build/weir.bpf.o ] && return
  step 'compiling bpf/ and native/' cmake-js compile --directory native &&
    printf '%s\n' "$state" >.stamps/native
}

compile_lab_bpf() {
  local clang name
  clang=$(command -v clang clang-19 clang-16 clang-15 clang-14 | head -n 1)
  mkdir -p dist/lab/cni/cilium
  for name in socket endpoint; do
    # <linux/types.h> needs <asm/types.h>, which Debian keeps under the machine's own triplet.
    "$clang" -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror "-I/usr/include/$(cc -print-multiarch)" \
      -c "lab/cni/cilium/$name.bpf.c" -o "dist/lab/cni/cilium/$name.bpf.o" || return
  done
}

build_lab_bpf() {
  local state
  state=$(fingerprint lab/cni/cilium/*.c)
  fresh lab-bpf "$state" && [ -f dist/lab/cni/cilium/socket.bpf.o ] && [ -f dist/lab/cni/cilium/endpoint.bpf.o ] && return
  step "compiling the lab's BPF programs" compile_lab_bpf &&
    printf '%s\n' "$state" >.stamps/lab-bpf
}

# Compiled files whose source has gone would still be found by imports and by the tests.
remove_orphans() {
  local compiled source
  find dist -path dist/ui/assets -prune -o -name '*.js' -print | while read -r compiled; do
    source=${compiled#dist/}
    [ -f "${source%.js}.ts" ] || rm "$compiled" "$compiled.map"
  done
}

compile_typescript() {
  remove_orphans && tsc -p . && chmod 755 dist/cli/main.js &&
    # npx takes a command from here before it looks anywhere else.
    ln -sfn ../../dist/cli/main.js node_modules/.bin/weir
}

typescript_sources() {
  find . \( -name node_modules -o -name dist -o -name .git -o -name .tools -o -path ./native/build \) -prune -o -name '*.ts' -print0
}

build_typescript() {
  local state
  state=$({ cat tsconfig.json package-lock.json; typescript_sources | sort -z | xargs -0 sha256sum; } | sha256sum)
  fresh typescript "$state" && [ -x node_modules/.bin/weir ] && return
  mkdir -p dist
  step 'compiling TypeScript' compile_typescript &&
    printf '%s\n' "$state" >.stamps/typescript
}

bundle_ui() {
  rm -rf dist/ui/assets dist/ui/index.html && tsc -p ui && vite build --config ui/vite.config.ts --logLevel warn
}

build_ui() {
  local state
  state=$(fingerprint ui proto/wire proto/wire.ts tsconfig.json package-lock.json)
  fresh ui "$state" && [ -f dist/ui/index.html ] && return
  step 'building the web app' bundle_ui &&
    printf '%s\n' "$state" >.stamps/ui
}

mkdir -p .stamps
take_lock .stamps/build.lock 'another build to finish'
# A fault in one must not hide a fault in the other.
status=0
build_native || status=$?
build_lab_bpf || status=$?
build_typescript || status=$?
build_ui || status=$?
exit "$status"
