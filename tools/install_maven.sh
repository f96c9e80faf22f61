#!/usr/bin/env bash
# Fetches all that Maven needs for android/ into the folder $1/m2; quick when it is there.
# tools/install_maven.sh FOLDER          fetches
# tools/install_maven.sh --check FOLDER  tells by its exit whether it is there
#
# Maven learns what its plugins need only by running them: so the same poms are built once with
# next to nothing in them, beside the compilers that keep the machine busy.
set -euo pipefail
cd "$(dirname "$0")/.."
check=
[ "${1-}" != --check ] || { check=1 && shift; }
mkdir -p "$1"
folder=$(cd "$1" && pwd -P)
ready=$folder/m2/ready.txt
poms=$(find android -name pom.xml -not -path '*/target/*' | sort)
[ "$poms" ] || exit 0
wanted=$(cat $poms "$0" | cksum)
there=$(cat "$ready" 2>/dev/null || true)
[ -z "$check" ] || exit $([ "$there" = "$wanted" ] && echo 0 || echo 1)
[ "$there" != "$wanted" ] || exit 0

probe=$(mktemp -d "$folder/maven.XXXXXX")
trap 'rm -rf "$probe"' EXIT
for pom in $poms; do
  module=$probe/$(dirname "$pom")
  mkdir -p "$module"/src/{main,test}/kotlin
  cp "$pom" "$module"
  [ "$pom" != android/pom.xml ] || continue
  name=$(basename "$module" | tr -c '[:alnum:]\n' _)
  printf 'package probe.%s\n\npublic fun probe(): Int = 1\n' "$name" \
    >"$module/src/main/kotlin/Probe.kt"
  if grep -q '<artifactId>junit' "$pom"; then
    printf 'package probe.%s\n\nclass ProbeTest {\n    @org.junit.Test\n    fun probe() = org.junit.Assert.assertEquals(1, probe.%s.probe())\n}\n' \
      "$name" "$name" >"$module/src/test/kotlin/ProbeTest.kt"
  fi
done
bindings=$probe/bindings
mkdir -p "$bindings"
printf 'package probe.generated\n\npublic val probe: Int = 1\n' >"$bindings/Probe.kt"

fetch() {
  nice -n 19 mvn -B -ntp -f "$probe/android/pom.xml" -Dmaven.repo.local="$folder/m2" \
    -Dkotlin.bindings="$bindings" "$@" test
}
fetched=
for pause in 0 10 30 90; do
  sleep "$pause"
  # What a failed fetch has left behind is asked for again.
  if fetch -U -Dkotlin.compiler.daemon=false; then
    fetched=1
    break
  fi
done
[ "$fetched" ] || { echo 'Maven could not fetch what android/ needs'; exit 1; }
echo "$wanted" >"$ready"
