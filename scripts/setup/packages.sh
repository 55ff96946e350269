# The Debian packages: what builds Weir, what it runs and is measured with, the real servers of the lab, what builds
# images and sends them to a registry, and a browser.

packages=(
  clang llvm libbpf-dev libelf-dev libmnl-dev zlib1g-dev bpftool
  cmake ninja-build make g++ pkg-config python3
  iproute2 nftables conntrack procps util-linux curl libjemalloc2
  nginx-light redis-server redis-tools dnsmasq-base postgresql
  softflowd nfdump
  openvswitch-switch ethtool containerd runc
  buildah mmdebstrap skopeo docker-registry
  openssl prometheus
  chromium
)

policy_rc=${WEIR_SETUP_ROOT:-}/usr/sbin/policy-rc.d
cluster_rc=${WEIR_SETUP_ROOT:-}/etc/postgresql-common/createcluster.d/weir.conf

# Names the packages that are not installed, one a line.
missing_packages() {
  local known installed
  # It fails when it has never heard of one of them, and still lists the others.
  known=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null) || true
  installed=$(sed -n 's/^installed //p' <<<"$known")
  printf '%s\n' "${packages[@]}" | grep -vxF "$installed" || true
}

# The lab runs servers of its own in its own namespaces: the packages must start none and make no database here.
keep_services_down() {
  if [ ! -e "$policy_rc" ]; then
    trap 'rm -f "$policy_rc" "$cluster_rc"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy_rc" && chmod 755 "$policy_rc" || return 1
  else
    trap 'rm -f "$cluster_rc"' EXIT
  fi
  mkdir -p "${cluster_rc%/*}" &&
    printf 'create_main_cluster = false\n' >"$cluster_rc"
}

# Nothing of what was installed here starts with the next boot either; what was there before is left as it was.
disable_services() {
  local package service
  command -v systemctl >/dev/null || return 0
  for package in "$@"; do
    case $package in
      nginx-light) service=nginx ;;
      prometheus | redis-server | postgresql | openvswitch-switch | containerd | docker-registry) service=$package ;;
      *) continue ;;
    esac
    systemctl disable --quiet "$service.service" || return 1
  done
}

# A subshell, so that its trap cleans up at its end, whatever the end is.
install_packages() (
  export DEBIAN_FRONTEND=noninteractive
  keep_services_down &&
    apt-get update &&
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" &&
    disable_services "$@"
)

set_up_packages() {
  local needed
  mapfile -t needed < <(missing_packages)
  [ "${#needed[@]}" -gt 0 ] || return 0
  step "installing ${#needed[@]} Debian packages" install_packages "${needed[@]}"
}
