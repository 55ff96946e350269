# fetch_npm_archive FOLDER PACKAGE HASH: puts the archive of an npm package into the folder and prints its path. The hash
# is the one noted here, whatever the registry says today.
fetch_npm_archive() {
  local folder=$1 package=$2 hash=$3 archive
  archive=$folder/$(npm pack --silent --pack-destination "$folder" "$package") || return
  [ "$(openssl dgst -sha512 -binary "$archive" | base64 -w0)" = "$hash" ] || {
    echo "$archive is not what it was when its hash was noted" >&2
    return 1
  }
  printf '%s\n' "$archive"
}
