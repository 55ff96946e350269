# The one addon among the npm packages, for the Node.js of the images: the checkout's is for the machine's. Only images
# that are made of what the checkout has built need it; the others compile their own.

image_addon=.tools/image-addon

image_addon_state() {
  printf '%s for Node.js %s\n' "$(node -p "require('./node_modules/better-sqlite3/package.json').version")" "$node_version"
}

# Nobody measures images that are made so, and half the optimization takes half the time.
compile_image_addon() {
  local node=$PWD/$image_base/node/usr/local source=$image_addon.new/source
  rm -rf "$image_addon.new" && mkdir -p "$image_addon.new" &&
    cp -R node_modules/better-sqlite3 "$source" && rm -rf "$source/build" &&
    PATH=$node/bin:$PATH CFLAGS=-O1 CXXFLAGS=-O1 npm_config_nodedir=$node npm --prefix "$source" run build-release &&
    mv "$source/build/Release/better_sqlite3.node" "$image_addon.new" && rm -rf "$source" &&
    image_addon_state >"$image_addon.new/state" &&
    rm -rf "$image_addon" && mv "$image_addon.new" "$image_addon"
}

have_image_addon() {
  [ "$(cat "$image_addon/state" 2>/dev/null)" = "$(image_addon_state)" ] ||
    step 'compiling the addon of images' compile_image_addon
}

# Without it the tests of the images say so and are skipped: everything else goes on.
set_up_images() {
  { have_image_base && have_image_addon; } ||
    say "the tests of the images are skipped without it; $again makes it again"
}
