/** The processes below a persistent shell, found and signalled from inside: the shell itself must not be. */
import type { Scope } from '../../base/index.ts';
import type { SandboxAccess } from '../types.ts';

/**
 * `sh script signal root 'spared pids' root-signal`: prints the pids below `root` and signals them, parents first, except
 * the spared ones and what is below those; before that, the root gets a signal of its own. An empty signal is none. A process that hides its name in a newline escapes this; the deadline
 * then ends the whole session, which nothing escapes.
 */
const script = `
signal=$1 root=$2 spared=" $3 " own=$4 known=" $root " grown=1
while [ "$grown" = 1 ]; do
  grown=0
  for stat in /proc/[0-9]*/stat; do
    read -r line 2>/dev/null <"$stat" || continue
    pid=\${line%% *}
    set -- \${line##*) }
    case "$known$spared" in *" $pid "*) continue ;; esac
    case "$known" in *" $2 "*) known="$known$pid " grown=1 ;; esac
  done
done
[ -z "$own" ] || kill "-$own" "$root"
for pid in \${known#" $root "}; do
  [ -z "$signal" ] || kill -s "$signal" "$pid" 2>/dev/null
  echo "$pid"
done
`;

const timeoutMs = 5000;

export interface DescendantsRequest {
  root: number;
  spared: readonly number[];
  /** Absent: only list them. */
  signal?: 'TERM' | 'KILL';
  /** Number of a signal for the root itself. */
  rootSignal?: number;
}

export async function signalDescendants(
  access: SandboxAccess,
  request: DescendantsRequest,
  scope: Scope,
): Promise<number[]> {
  const { signal = '', root, spared, rootSignal = '' } = request;
  const argv = ['/bin/sh', '-c', script, 'sh', signal, String(root), spared.join(' '), String(rootSignal)];
  const { stdout } = await access.exec({ argv, cwd: '/', timeoutMs, graceMs: 0 }, scope);
  return Buffer.from(stdout).toString('latin1').split('\n').filter(Boolean).map(Number);
}
