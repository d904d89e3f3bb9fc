#!/usr/bin/env bash
# ./test.sh [--unit] [--filter EXPRESSION] [--format]: set-up, build, tests; the last line is "N passed, N failed[, N skipped]".
#   --unit      only test/Coppice.Tests, without the end-to-end tests
#   --filter    as in 'dotnet test --filter', for example FullyQualifiedName~OnnxRuntime
#   --format    check the formatting too (always with CI=true)
set -euo pipefail

# shellcheck source=eng/setup.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/eng/setup.sh"

usage() { sed -n '2,5s/^# //p' "$root/test.sh"; }

projects=(Coppice.Tests Coppice.EndToEnd.Tests)
filter=()
check_format=${CI:-false}
while (($# > 0)); do
  case $1 in
    --unit) projects=(Coppice.Tests) ;;
    --filter)
      (($# > 1)) || die "--filter needs an expression, for example: --filter FullyQualifiedName~OnnxRuntime"
      filter=(--filter "$2")
      shift
      ;;
    --format) check_format=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$1'" ;;
  esac
  shift
done

# Runs one project's tests; the counts come from its .trx file, so console wording cannot mislead. A test that crashes or hangs is named.
run_tests() {
  local project=$1 code=0
  echo "[test] $project"
  dotnet test "$root/test/$project" -c Release --no-build "${filter[@]}" --results-directory "$results" --logger "trx;LogFileName=$project.trx" \
    --blame --blame-hang-timeout 20m --blame-hang-dump-type none >"$results/$project.log" 2>&1 </dev/null || code=$?
  echo "$code" >"$results/$project.exit"
}

cd "$root"
setup_tests

failed_steps=()
if [[ $check_format == true ]]; then
  echo "[test] formatting"
  dotnet format Coppice.slnx --no-restore --verify-no-changes || failed_steps+=(--also-failed "formatting (run: dotnet format Coppice.slnx)")
fi

results=$artifacts/test-results
rm -rf "$results"
mkdir -p "$results"
for project in "${projects[@]}"; do run_tests "$project"; done

exec /usr/bin/python3 "$root/eng/summarize_tests.py" "${failed_steps[@]}" "$results" "${projects[@]}"
