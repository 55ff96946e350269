# Progress of long steps, for people: sourced by the other scripts. What steps print goes to a log that nobody needs to
# read unless a step fails.

# Prefix of every line, the file that the steps' own output goes to, and how much of it is shown when one fails.
progress_name=weir
progress_log=
progress_tail=40

say() {
  printf '%s: %s\n' "$progress_name" "$*" >&2
}

# step TEXT COMMAND…: runs the command with its output in the log; on failure shows the end of the log and fails.
step() {
  local text=$1 status=0 started=$SECONDS
  shift
  printf '%s: %s … ' "$progress_name" "$text" >&2
  # Nothing may stop to ask, and a process that a command leaves behind must not keep the lock.
  "$@" >"$progress_log" 2>&1 </dev/null 9>&- || status=$?
  if [ "$status" -eq 0 ]; then
    printf '%d s\n' $((SECONDS - started)) >&2
    return 0
  fi
  printf 'failed after %d s\n' $((SECONDS - started)) >&2
  tail -n "$progress_tail" "$progress_log" >&2
  say "$text failed with status $status; all of its output is in $progress_log"
  return "$status"
}

# take_lock FILE TEXT: holds the lock on descriptor 9 until the script ends; while another holds it, says so and waits.
take_lock() {
  exec 9>"$1"
  flock --nonblock 9 || { say "waiting for $2" && flock 9; }
}
