#!/usr/bin/env bash
# Compiles the bindings and First.kt where they changed, and runs it: with kotlinc and JNA, or with
# what Maven has fetched for android/. ffi/tests/languages/kotlin.sh BINDINGS FOLDER FILE; exit 77:
# no Kotlin here.
set -euo pipefail
bindings=$1 folder=$2 file=$3
here=$(cd "$(dirname "$0")" && pwd)
m2=${WALLET_TOOLS:-$HOME/.cache/patient-wallet}/m2
made=$bindings/../languages/kotlin
generated=$bindings/kotlin/org/patientwallet/ffi/patient_wallet.kt

# jar GROUP NAME [VERSION]: the newest, or that of a version.
jar() { find "$m2/${1//.//}/$2" -name "$2-${3:-[0-9]*}.jar" 2>/dev/null | sort -V | tail -n 1; }

command -v java >/dev/null || { echo 'no java'; exit 77; }
kotlin=org.jetbrains.kotlin
jna=$(jar net.java.dev.jna jna) compiler=$(jar $kotlin kotlin-compiler-embeddable)
[ "$jna" ] && [ "$compiler" ] || { echo "no Kotlin in $m2"; exit 77; }
stdlib=$(jar $kotlin kotlin-stdlib)
path=$compiler:$stdlib
for name in kotlin-script-runtime kotlin-reflect kotlin-daemon-embeddable; do
  path+=:$(jar $kotlin $name)
done
path+=:$(jar org.jetbrains.kotlinx kotlinx-coroutines-core-jvm):$(jar org.jetbrains annotations)

# compiled NAME CLASSPATH SOURCE: into $made/NAME, unless that is what is there.
compiled() {
  local name=$1 classpath=$2 sum
  shift 2
  sum=$(cat "$@" "$generated" "$0" | cksum)
  [ "$(cat "$made/$name.sum" 2>/dev/null)" = "$sum" ] && return
  rm -rf "${made:?}/$name"*
  mkdir -p "$made"
  java -Xmx1500m -cp "$path" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect \
    -nowarn -jvm-target 17 -cp "$classpath" -d "$made/$name" "$@"
  echo "$sum" >"$made/$name.sum"
}

# Those of android/ serve too: they take a minute to compile.
classes=$here/../../../android/bindings/target/classes
wallet=$classes/org/patientwallet/ffi/Wallet.class
if [ ! "$wallet" -nt "$generated" ]; then
  compiled bindings "$jna:$stdlib" "$generated"
  classes=$made/bindings
fi
compiled first "$classes:$jna:$stdlib" "$here/First.kt"
java -Djna.library.path="$bindings/lib" -cp "$made/first:$classes:$jna:$stdlib" FirstKt "$folder" "$file"
