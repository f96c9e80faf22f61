# shellcheck shell=bash disable=SC2154 # $logs, $slots and installing are those of ./check
# The rows of ./check: declared in the order of the table, run side by side where that is safe.
#
# Rows of one lane take turns. Those of the lane `alone` measure time or memory: they come last, and
# nothing runs beside them. A row waits until the rows that it names have ended, and runs then
# whether they failed or not.

names=() lanes=() afters=() conditions=() whys=() commands=() states=() pids=() begins=() table=()
passed=0 failed=0 skipped=0 missing=0

# row NAME LANE AFTER COMMAND...: LANE is `-` for a row that can run beside any other, AFTER the rows
# that it waits for, with commas between, or `-`.
row() { row_when true - "$@"; }

# row_when CONDITION WHY NAME LANE AFTER COMMAND...: a row that is there once the condition holds; if
# it does not when nothing is being installed any more, WHY says what is missing.
row_when() {
  conditions+=("$1") whys+=("$2") names+=("$3") lanes+=("$4") afters+=("$5")
  states+=(waiting) pids+=('') begins+=('') table+=('')
  shift 5
  commands+=("$(printf '%q ' "$@")")
}

# absent NAME WHY COMMAND: a row that does not run, and what would make it run.
absent() {
  row_when false "$2. Try: $3" "$1" - - false
  lacking $((${#names[@]} - 1))
}

# run_rows: runs what was declared and has not run. Of the rows that can begin, the first does.
run_rows() {
  local i left=1
  while ((left)); do
    left=0
    for i in "${!names[@]}"; do
      [ "${states[i]}" != running ] || kill -0 "${pids[i]}" 2>/dev/null || ended "$i"
      [ "${states[i]}" != waiting ] || ! can_begin "$i" || begin "$i"
      [ "${states[i]}" = done ] || left=1
    done
    ((left)) && if installing; then sleep 2; else sleep 0.2; fi
  done
}

# can_begin I: tells whether a waiting row can run now. One that never can is done.
can_begin() {
  local i running=0 more=
  for i in "${!names[@]}"; do
    [ "${states[i]}" != running ] || ((running += 1))
    [[ ${states[i]} == done || $i == "$1" ]] && continue
    [[ ,${afters[$1]}, != *,"${names[i]}",* ]] || return 1
    [[ ${lanes[$1]} == - || ${lanes[i]} != "${lanes[$1]}" ]] || ((i > $1)) || return 1
    [[ ${lanes[$1]} != alone || ${lanes[i]} == alone ]] || return 1
  done
  ((running < slots)) || return 1
  installing && more=1
  [[ ${lanes[$1]} != alone || ! $more ]] || return 1
  eval "${conditions[$1]}" && return
  [ "$more" ] || lacking "$1"
  return 1
}

# begin I: runs a row, in a process group of its own, so that nothing of it outlives the check.
begin() {
  echo "${names[$1]} ..." >&2
  begins[$1]=$SECONDS states[$1]=running
  set -m
  (eval "${commands[$1]}") >"$logs/${names[$1]}.log" 2>&1 </dev/null &
  pids[$1]=$!
  set +m
}

# ended I: counts the tests of a row and shows how it failed. A line `table: X` of its output stands
# in the table.
ended() {
  local name=${names[$1]} log=$logs/${names[$1]}.log code=0 pass fail skip count rest
  wait "${pids[$1]}" || code=$?
  # `test result:` lines of cargo, and the line `N passed, N failed` of everything else.
  read -r pass fail skip < <(sed -nE \
    -e 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored;.*/\1 \2 \3/p' \
    -e 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2 0/p' "$log" |
    awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
  rest="$((SECONDS - begins[$1])) s"
  if [ "$code" != 0 ]; then
    rest+="  FAILED: target/check/$name.log"
    ((fail > 0)) || fail=1
    echo "--- $name failed (exit $code); the end of target/check/$name.log:"
    tail -n 200 "$log"
    echo '---'
  fi
  ((passed += pass, failed += fail, skipped += skip))
  ((count = pass + fail)) || count=-
  line "$1" "$count" "$rest$(sed -n 's/^table: /  /p' "$log")"
  echo "${table[$1]}" >&2
}

# lacking I: the row does not run.
lacking() {
  ((missing += 1))
  line "$1" - "not run: ${whys[$1]}"
}

# line I TESTS REST: what the table says of a row that is done.
line() {
  states[$1]=done
  table[$1]=$(printf '%-15s %6s  %s' "${names[$1]}" "$2" "$3")
}

# end_rows: ends the rows that still run.
end_rows() {
  local i
  for i in "${!names[@]}"; do
    [ "${states[i]}" != running ] || kill -- "-${pids[i]}" 2>/dev/null
  done
}
