# What the machine must offer. Every check reads only; the first that fails says what is missing and what to run.
# WEIR_SETUP_ROOT stands before the paths of the machine, so that the tests can show the set-up another one.

os_release=${WEIR_SETUP_ROOT:-}/etc/os-release
kernel_btf=${WEIR_SETUP_ROOT:-}/sys/kernel/btf/vmlinux
process_status=${WEIR_SETUP_ROOT:-}/proc/self/status

in_container='docker run --rm -it --privileged -v "$PWD":/weir -w /weir node:22-bookworm'

# missing WHAT COMMAND: says what is missing and the command that helps, and ends the set-up.
missing() {
  printf 'setup: %s\nsetup: to help, run: %s\n' "$1" "$2" >&2
  exit 1
}

check_linux() {
  local system
  system=$(uname -s)
  [ "$system" = Linux ] || missing "Weir needs Linux; this is $system." "$in_container $again"
}

check_root() {
  [ "$(id -u)" -eq 0 ] ||
    missing 'Weir loads BPF programs and makes network namespaces, so it needs root.' "sudo $again"
}

check_debian() {
  local id='' like='' version='' name='an unknown distribution'
  if [ -r "$os_release" ]; then
    id=$(. "$os_release" && printf %s "${ID:-}")
    like=$(. "$os_release" && printf %s "${ID_LIKE:-}")
    version=$(. "$os_release" && printf %s "${VERSION_ID:-}")
    name=$(. "$os_release" && printf %s "${PRETTY_NAME:-${ID:-an unknown distribution}}")
  fi
  case " $id $like " in
    *' debian '*) ;;
    *) missing "The set-up installs packages of Debian 12 or later; this is $name." "$in_container $again" ;;
  esac
  # Testing and unstable name no version; derived distributions count their own way.
  if [ "$id" = debian ] && [ "${version%%.*}" -lt 12 ] 2>/dev/null; then
    missing "The set-up installs packages of Debian 12 or later; this is $name." "$in_container $again"
  fi
  command -v apt-get >/dev/null ||
    missing "The set-up installs packages with apt-get, which $name lacks." "$in_container $again"
}

# From 24.19 on Node.js aborts when it collects a statement of better-sqlite3 12, and 13 needs what 20 does not have.
check_node() {
  local found='none' other='apt-get install -y npm && npx --yes n 22'
  if command -v node >/dev/null; then found=$(node --version); fi
  local major minor
  IFS=. read -r major minor _ <<<"${found#v}"
  if [ "$found" = none ] || [ "$major" -lt 20 ] || [ "$major" -ge 24 ] ||
    { [ "$major" -eq 20 ] && [ "$minor" -lt 19 ]; }; then
    missing "Weir needs Node.js 20.19 or later, before 24; found: $found." "$other"
  fi
  command -v npm >/dev/null || missing 'Weir needs npm, which comes with Node.js.' "$other"
}

check_btf() {
  [ -r "$kernel_btf" ] ||
    missing "The kernel ($(uname -r)) offers no type information: $kernel_btf is missing (CONFIG_DEBUG_INFO_BTF)." \
      "apt-get install -y linux-image-$(dpkg --print-architecture) && reboot"
}

# has_capability NUMBER: whether this process holds it (linux/capability.h).
has_capability() {
  local effective
  effective=$(sed -n 's/^CapEff:[[:space:]]*//p' "$process_status")
  (( (0x${effective:-0} >> $1) & 1 ))
}

check_bpf() {
  local privileged="$in_container $again"
  # CAP_SYS_ADMIN (21) covers CAP_BPF (39) and CAP_PERFMON (38).
  has_capability 21 || { has_capability 39 && has_capability 38; } ||
    missing 'This process may not load BPF programs: it has neither CAP_BPF with CAP_PERFMON nor CAP_SYS_ADMIN.' \
      "$privileged"
  has_capability 12 || missing 'This process may not configure networks: it lacks CAP_NET_ADMIN.' "$privileged"
  # The capability alone does not tell whether a seccomp filter lets bpf() through: make a map of one entry to see.
  local number
  case $(uname -m) in
    x86_64) number=321 ;;
    aarch64) number=280 ;;
    *) return 0 ;;
  esac
  perl -e '$attr = pack("L4", 2, 4, 4, 1) . "\0" x 112; exit(syscall($ARGV[0] + 0, 0, $attr, 128) < 0)' "$number" ||
    missing 'The bpf() system call is refused here although the capability is there (a seccomp filter?).' "$privileged"
}

check_namespaces() {
  unshare --net --mount true 2>/dev/null ||
    missing 'This process may not make network namespaces.' "$in_container $again"
}

check_machine() {
  check_linux
  check_root
  check_debian
  check_node
  check_btf
  check_bpf
  check_namespaces
}
