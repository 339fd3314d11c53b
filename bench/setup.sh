# Shared by bench/run and tests/run: packages, configuration, build. Sourced, not run.
# Sets `root`, `build` and `program`; reads INSTALL (1, or 0 for --no-install) and JOBS.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${POOLBENCH_BUILD:-$root/build/release}
program=$build/poolbench
JOBS=${JOBS:-$(nproc)}
started=$SECONDS

say() { printf '\n== %s  (%d:%02d)\n' "$1" $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)); }
die() { printf 'error: %s\n' "$1" >&2; exit 3; }

# The same names in Debian 12 and Ubuntu 24.04.
packages=(
  g++ cmake ninja-build git
  libfmt-dev libcli11-dev nlohmann-json3-dev libbenchmark-dev libgtest-dev libgmock-dev
  libboost-context-dev libssl-dev libsqlite3-dev locales node-d3
  libvulkan-dev glslc mesa-vulkan-drivers vulkan-validationlayers)

# The peers that Debian has, and what gets oneDNN from PyPI.
peer_packages=(libtorch-dev libxnnpack-dev libpthreadpool-dev python3 python3-pip)

# Puts oneDNN into $build/peers: PyPI's newest build on GCC's OpenMP, the runtime of this program.
# Newer ones are built for SYCL, whose runtime is large and brings threads of its own. Without PyPI,
# installs Debian's, which is older still.
install_onednn() {
  [ ! -e "$build/peers/lib/libdnnl.so" ] || return 0
  ((INSTALL)) || { echo "oneDNN is left out: --no-install was given"; return 0; }
  local wheels wheel
  wheels=$(mktemp -d)
  if python3 -m pip download -q --no-deps --disable-pip-version-check -d "$wheels" \
    onednn-cpu-gomp==2023.2.0 onednn-devel-cpu-gomp==2023.2.0; then
    for wheel in "$wheels"/*.whl; do python3 -m zipfile -e "$wheel" "$wheels"; done
    mkdir -p "$build/peers"
    cp -r "$wheels"/*.data/data/. "$build/peers"
  else
    packages=(libdnnl-dev)
    install_packages
  fi
  rm -rf "$wheels"
}

# What engines (host/engines) need: their virtual environment, and for torch.compile Python's headers.
engine_packages=(python3 python3-venv python3-dev)

# Puts the engines' libraries into a virtual environment in the build folder, where the program looks
# for it. One that cannot be installed is an engine that is not available, and no more.
install_engines() {
  local list=$root/host/engines/requirements.txt venv=$build/engines/venv line
  ! cmp -s "$list" "$venv/installed.txt" || return 0
  ((INSTALL)) || { echo "The engines' libraries are left out: --no-install was given"; return 0; }
  echo "From PyPI into $venv:"
  grep -v '^#' "$list" | sed 's/^/  /'
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  while read -r line; do
    "$venv/bin/python" -m pip install -q --disable-pip-version-check "${line%% *}" ||
      echo "left out: ${line%% *}"
  done < <(grep -v '^#' "$list")
  cp "$list" "$venv/installed.txt"
}

# Installs the missing ones of `packages`, with sudo unless run by root.
install_packages() {
  command -v dpkg-query >/dev/null || {
    echo "This is no Debian or Ubuntu: taking the packages as they are."
    return
  }
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    echo "All packages are here."
    return
  fi
  echo "Missing: ${missing[*]}"
  ((INSTALL)) || die "--no-install was given; install them with: apt-get install ${missing[*]}"
  local sudo=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "neither root nor sudo: install them as root"
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Configures and builds everything, or the targets given.
build_project() {
  cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release "${CMAKE_ARGS[@]}" |
    sed -n '/poolbench will be built/,/^-- Configuring done/p' | sed '$d'
  [ "${PIPESTATUS[0]}" -eq 0 ] || die "the configure step failed: cmake -S $root -B $build"
  # Ninja rewrites one line on a terminal; elsewhere its progress is noise.
  local log=$build/build.log targets=()
  (($# == 0)) || targets=(--target "$@")
  if [ -t 1 ]; then
    cmake --build "$build" -j "$JOBS" "${targets[@]}"
  elif ! cmake --build "$build" -j "$JOBS" "${targets[@]}" >"$log" 2>&1; then
    tail -40 "$log"
    die "the build failed; the whole log is $log"
  fi
}
