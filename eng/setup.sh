# shellcheck shell=bash
# Set-up shared by ./coppice and ./test.sh; sourced, never run. Installs what is missing, builds what is out of date, and is silent when there is nothing to do.
# Progress goes to stderr as "[setup] …", full output to artifacts/setup/*.log. A result gets its final name only when it is complete, so a set-up may be killed anywhere.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
artifacts=$root/artifacts
state=$artifacts/setup
readonly root artifacts state

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

readonly onnxruntime_library=$artifacts/onnxruntime/libonnxruntime.so.1
readonly native_library=$artifacts/native/libcoppice_native.so
readonly product=$artifacts/bin/Coppice.Cli/release/Coppice.Cli.dll

readonly product_packages=(g++ cmake ninja-build libopenblas0-pthread dataset-fashion-mnist libturbojpeg0 libspng0)
readonly oracle_packages=(python3-torch python3-torchvision python3-onnx python3-deap)   # of Debian's own /usr/bin/python3

say() { printf '[setup] %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

libtorch=
if [[ -n ${COPPICE_LIBTORCH:-} ]]; then
  libtorch=$(cd -- "$COPPICE_LIBTORCH" 2>/dev/null && pwd) || die "COPPICE_LIBTORCH names no folder: '$COPPICE_LIBTORCH'"
fi
# What the native build depends on besides its sources; it is the content of its stamp.
readonly libtorch native_settings="libtorch=${libtorch:-libtorch-dev} source=$root"

# run_logged NAME COMMAND...: runs the command with its output in NAME.log; on failure shows the log's end and stops.
# The command does not inherit the lock (fd 9): a build server that outlives us would keep it.
run_logged() {
  local log=$state/$1.log
  shift
  local code=0
  "$@" >"$log" 2>&1 9>&- </dev/null || code=$?
  ((code == 0)) && return
  ((code == 130)) && exit 130
  tail -n 20 "$log" >&2
  die "failed with exit code $code: $* (full log: $log)"
}

# newer_than STAMP PATH...: is anything under the paths newer than the stamp? Folders count: a deleted file shows in its folder's time.
newer_than() {
  local stamp=$1
  shift
  [[ ! -e $stamp || -n $(find "$@" -newer "$stamp" -print -quit 2>/dev/null) ]]
}

# A stamp carries the time at which its step *began*, so that a source saved while the step ran is newer.
begin_stamp() { : >"$1.begun"; }
finish_stamp() {
  printf '%s\n' "${2:-}" >"$1.done"
  touch -r "$1.begun" "$1.done"
  mv -f "$1.done" "$1"
  rm -f "$1.begun"
}
stamp_says() { [[ -e $1 && $(<"$1") == "$2" ]]; }

# ---- Debian packages ----

# The packages still wanted for a set-up: product | tests.
wanted_packages() {
  printf '%s\n' "${product_packages[@]}"
  [[ -n $libtorch ]] || printf '%s\n' libtorch-dev libdnnl-dev
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
  [[ $1 != tests ]] || printf '%s\n' "${oracle_packages[@]}"
}

# Reads package names, prints those that are not there. Without dpkg (not a Debian) it looks for what the package would bring.
missing_packages() {
  local packages
  mapfile -t packages
  if command -v dpkg-query >/dev/null; then
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null | sed -n 's/^installed //p') || true
    grep -vxF -f <(printf '%s\n' "$installed" | grep .) < <(printf '%s\n' "${packages[@]}") || true
  else
    local package
    for package in "${packages[@]}"; do package_is_met "$package" || echo "$package"; done
  fi
}

package_is_met() {
  case $1 in
    g++ | cmake | npm) command -v "$1" >/dev/null ;;
    nodejs) command -v node >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    libopenblas0-pthread) ldconfig -p | grep -qE 'libopenblas|libblas' ;;
    libtorch-dev) [[ -e /usr/include/torch/csrc/api/include/torch/torch.h ]] ;;
    libdnnl-dev) : ;;   # not needed: without it libtorch convolves
    dataset-fashion-mnist) [[ -d /usr/share/datasets/fashion-mnist || -d /usr/share/dataset-fashion-mnist ]] ;;
    libturbojpeg0) ldconfig -p | grep -q 'libturbojpeg\.so\.0' ;;
    libspng0) ldconfig -p | grep -q 'libspng\.so\.0' ;;
    python3-torch) /usr/bin/python3 -c 'import torch' 2>/dev/null ;;
    python3-torchvision) /usr/bin/python3 -c 'import torchvision' 2>/dev/null ;;
    python3-onnx) /usr/bin/python3 -c 'import onnx' 2>/dev/null ;;
    python3-deap) /usr/bin/python3 -c 'import deap' 2>/dev/null ;;
    *) return 1 ;;
  esac
}

packages_are_checked() {
  local stamp=$state/packages-$1.stamp
  stamp_says "$stamp" "$(wanted_packages "$1")" && ! [[ /var/lib/dpkg/status -nt $stamp ]]
}

ensure_packages() {
  packages_are_checked "$1" && return
  local stamp=$state/packages-$1.stamp wanted missing
  wanted=$(wanted_packages "$1")
  mapfile -t missing < <(missing_packages <<<"$wanted")
  if ((${#missing[@]} > 0)); then install_packages "${missing[@]}"; fi
  begin_stamp "$stamp"
  finish_stamp "$stamp" "$wanted"
}

install_packages() {
  local remedy="apt-get update && apt-get install --no-install-recommends $*" as_root=()
  command -v apt-get >/dev/null || die "cannot install packages: this system has no apt-get; install the equivalents of: $*"
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || die "cannot install packages: neither root nor passwordless sudo; have an administrator run: $remedy"
    as_root=(sudo -n)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300)
  # A set-up killed while dpkg was at work leaves its journal behind, and apt-get refuses until it is replayed.
  if compgen -G '/var/lib/dpkg/updates/[0-9]*' >/dev/null; then run_logged dpkg "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive dpkg --configure -a; fi
  say "updating the package lists"
  run_logged apt-update "${apt[@]}" update
  say "installing $* (a few minutes at first)"
  run_logged apt-install "${apt[@]}" install --no-install-recommends "$@"
}

# ---- npm packages: ONNX Runtime's native library, and the JavaScript that the tests run in Node ----

onnxruntime_is_ready() {
  if [[ -n ${COPPICE_ONNXRUNTIME:-} ]]; then
    [[ -f $COPPICE_ONNXRUNTIME ]]
    return
  fi
  [[ -e $onnxruntime_library ]] && cmp -s "$root/eng/npm/package-lock.json" "$artifacts/npm/package-lock.json"
}

ensure_onnxruntime() {
  onnxruntime_is_ready && return
  [[ -z ${COPPICE_ONNXRUNTIME:-} ]] || die "COPPICE_ONNXRUNTIME names no file: '$COPPICE_ONNXRUNTIME'"
  install_npm_packages
  local library
  library=$(find "$artifacts/npm/node_modules/onnxruntime-node" -path "*/linux/$(npm_architecture)/libonnxruntime.so.1" -print -quit)
  [[ -n $library ]] || die "the npm package onnxruntime-node has no libonnxruntime.so.1 for linux/$(npm_architecture); set COPPICE_ONNXRUNTIME to one of your own"
  mkdir -p "$(dirname "$onnxruntime_library")"
  ln -f "$library" "$onnxruntime_library.new" 2>/dev/null || cp "$library" "$onnxruntime_library.new"
  mv -f "$onnxruntime_library.new" "$onnxruntime_library"
}

install_npm_packages() {
  local partial=$artifacts/npm.partial
  say "installing onnxruntime-node and the other npm packages"
  rm -rf "$partial" "$onnxruntime_library"
  mkdir -p "$partial"
  cp "$root/eng/npm/package.json" "$root/eng/npm/package-lock.json" "$partial/"
  # --ignore-scripts: the package's own script downloads CUDA libraries that nobody here uses.
  run_logged npm env npm_config_update_notifier=false npm --prefix "$partial" ci --ignore-scripts --no-audit --no-fund
  # The package carries every platform's library; two thirds of its 300 MB are for others.
  find "$partial/node_modules/onnxruntime-node/bin" -mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$(npm_architecture)" -exec rm -rf {} +
  rm -rf "$artifacts/npm"
  mv "$partial" "$artifacts/npm"
}

npm_architecture() {
  case $(uname -m) in
    x86_64) echo x64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

# ---- builds ----

native_is_built() {
  [[ -e $native_library ]] && stamp_says "$state/native.stamp" "$native_settings" && ! newer_than "$state/native.stamp" "$root/native"
}

ensure_native() {
  native_is_built && return
  local stamp=$state/native.stamp build=$artifacts/native-build options=()
  [[ -z $libtorch ]] || options+=("-DCOPPICE_LIBTORCH=$libtorch")
  say "building native/ against ${libtorch:-libtorch-dev}"
  # Another libtorch or a moved checkout is another build: what CMake has cached of the last one would win or be refused.
  stamp_says "$stamp" "$native_settings" || rm -rf "$build"
  begin_stamp "$stamp"
  run_logged cmake-configure cmake -S "$root/native" -B "$build" -G Ninja "${options[@]}"
  run_logged cmake-build cmake --build "$build"
  [[ -e $native_library ]] || die "the native build left no $native_library (full log: $state/cmake-build.log)"
  finish_stamp "$stamp" "$native_settings"
}

managed_sources() {
  printf '%s\n' "$root/src" "$root"/Directory.* "$root"/BannedSymbols* "$root/global.json" "$root/.editorconfig"
}

product_is_built() {
  local sources
  mapfile -t sources < <(managed_sources)
  [[ -e $product ]] && ! newer_than "$state/product.stamp" "${sources[@]}"
}

# build_managed NAME TARGET: restores and builds a project or the solution; both leave a fresh Coppice.Cli, hence the one stamp.
build_managed() {
  command -v dotnet >/dev/null || die "cannot build: 'dotnet' is not on PATH; install the .NET SDK that $root/global.json names"
  local stamp=$state/product.stamp
  say "building $2"
  begin_stamp "$stamp"
  run_logged "$1-restore" env -C "$root" dotnet restore "$root/$2"
  run_logged "$1-build" env -C "$root" dotnet build "$root/$2" -c Release --no-restore -nodeReuse:false -v quiet
  finish_stamp "$stamp"
}

# ---- entry points ----

product_is_ready() {
  packages_are_checked product && onnxruntime_is_ready && native_is_built && product_is_built
}

# Takes the one set-up lock of this checkout; a second caller waits. The lock ends with the process or with leave_setup.
enter_setup() {
  if [[ -e $artifacts ]]; then [[ -w $artifacts ]]; else [[ -w $root ]]; fi || die "cannot write to $artifacts, which is not up to date; run as its owner once, or make it writable"
  mkdir -p "$state"
  exec 9>"$state/lock"
  if ! flock -n 9; then
    say "waiting for another set-up of this checkout"
    flock 9
  fi
  trap 'say "interrupted; run the same command to go on"; exit 130' INT
  trap 'say "terminated; run the same command to go on"; exit 143' TERM
}

leave_setup() {
  trap - INT TERM
  exec 9>&-
}

setup_product() {
  product_is_ready && return
  enter_setup
  ensure_packages product
  ensure_onnxruntime
  ensure_native
  product_is_built || build_managed product src/Coppice.Cli/Coppice.Cli.csproj
  leave_setup
}

setup_tests() {
  enter_setup
  ensure_packages tests
  ensure_onnxruntime
  ensure_native
  build_managed solution Coppice.slnx
  leave_setup
}
