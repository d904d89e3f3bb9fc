#!/usr/bin/env bash
# ./test.sh [--unit] [--filter EXPRESSION] [--format] [--fuzz N]: set-up, build, tests, samples; the last line is "N passed, N failed[, N skipped]".
#   --unit      only test/Coppice.Tests, without the end-to-end tests and the samples
#   --filter    as in 'dotnet test --filter', for example FullyQualifiedName~OnnxRuntime; without the samples
#   --format    check the formatting too (always with CI=true)
#   --fuzz      only damaged and hostile files: N cases, or without end with "forever"; a case that fails is named, COPPICE_FUZZ_FIRST=CASE begins with it
set -euo pipefail

# shellcheck source=eng/setup.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/eng/setup.sh"

usage() { sed -n '2,6s/^# //p' "$root/test.sh"; }

projects=(Coppice.Tests Coppice.EndToEnd.Tests)
filter=()
hang_timeout=20m
run_samples=true
check_format=${CI:-false}
while (($# > 0)); do
  case $1 in
    --unit)
      projects=(Coppice.Tests)
      run_samples=false
      ;;
    --filter)
      (($# > 1)) || die "--filter needs an expression, for example: --filter FullyQualifiedName~OnnxRuntime"
      filter=(--filter "$2")
      run_samples=false
      shift
      ;;
    --format) check_format=true ;;
    --fuzz)
      (($# > 1)) || die "--fuzz needs a number of cases, or forever"
      export COPPICE_FUZZ=$2
      projects=(Coppice.Tests)
      filter=(--filter FullyQualifiedName~FileFuzz)
      run_samples=false
      hang_timeout=500h
      shift
      ;;
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
    --blame --blame-hang-timeout "$hang_timeout" --blame-hang-dump-type none >"$results/$project.log" 2>&1 </dev/null || code=$?
  echo "$code" >"$results/$project.exit"
}

# Every sample says by its exit code whether it did what it shows; one that does not counts as a failure.
run_all_samples() {
  local sample log
  for sample in samples/*.cs; do
    echo "[test] $sample"
    log=$results/$(basename "$sample").log
    dotnet run --configuration Release "$sample" >"$log" 2>&1 </dev/null && continue
    tail -n 20 "$log"
    failed_steps+=(--also-failed "$sample (full log: $log)")
  done
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
if [[ $run_samples == true ]]; then run_all_samples; fi

exec /usr/bin/python3 "$root/eng/summarize_tests.py" "${failed_steps[@]}" "$results" "${projects[@]}"
