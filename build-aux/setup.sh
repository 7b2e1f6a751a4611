# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the scripts that build share; they source it, and have gone to the root of the sources before.

# install_packages LIST…: installs the Debian packages of these lists that are missing.
install_packages () {
  local wanted missing=() name sudo=()
  mapfile -t wanted < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@")
  # Elsewhere than on Debian the names differ: Meson then says what it lacks.
  command -v dpkg-query > /dev/null || return 0

  for name in "${wanted[@]}"; do
    case $(dpkg-query -W -f '${Status}\n' "$name" 2> /dev/null || true) in
      *"ok installed"*) ;;
      *) missing+=("$name") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2> /dev/null; then
      echo "$0: packages are missing, install them with:" >&2
      echo "  apt-get install ${missing[*]}" >&2
      exit 1
    fi
    sudo=(sudo -n)
  fi
  echo "Installing ${missing[*]}"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q < /dev/null
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" < /dev/null
}

# build DIR [OPTION…]: builds in that folder, which is configured with these options of Meson if it is new.
build () {
  local dir=$1
  shift
  if [ ! -e "$dir/build.ninja" ]; then
    rm -rf "$dir"
    meson setup "$dir" . "$@" < /dev/null
  fi
  meson compile -C "$dir" < /dev/null
}
