/**
 * What a contract promises of identity and environment, asserted by the first command of a new sandbox. It asks with the
 * same words as the probes, so that what is asserted is what was certified.
 */
import type { HoldfastError } from '../../schema/index.ts';
import { meets } from '../comparison/terms.ts';
import type { Contract } from '../document/contract.ts';
import type { FieldTerm } from '../document/terms.ts';
import { fieldOf } from '../fields/index.ts';
import { cannotHold } from './enforcement.ts';

/** As the probe of `environment.locale` says it. */
const locale = [
  'text=',
  'for name in LANG LC_ALL LC_CTYPE LC_COLLATE LC_MESSAGES LANGUAGE',
  'do if word=$(printenv "$name"); then text="$text $name=$word"; fi',
  'done',
  `text=\${text# }`,
  `printf '%s\\n' "\${text:-none}"`,
].join('\n');

/** Each prints one line. */
const questions: Readonly<Record<string, string>> = {
  'identity.user': 'id -un 2>&1',
  'identity.uid': 'id -u 2>&1',
  'identity.gid': 'id -g 2>&1',
  'identity.umask': 'umask',
  'exec.cwd.default': 'pwd',
  'environment.home': `printf '%s\\n' "\${HOME-unset}"`,
  'environment.user': `printf '%s\\n' "\${USER-unset} \${LOGNAME-unset}"`,
  'environment.locale': locale,
  'environment.zone': `printf '%s\\n' "\${TZ-unset}"`,
  'environment.shell': `printf '%s\\n' "\${SHELL-unset}"`,
  'clock.zone': "date '+%Z %z' 2>&1",
};

export interface FirstExec {
  /** Null when the contract promises nothing of what can be asked. */
  readonly argv: string[] | null;
  /** What is not as promised; the error names the field. Null when all is. */
  judge(stdout: string): HoldfastError | null;
}

export function firstExec(contract: Contract): FirstExec {
  const asked = Object.keys(questions).flatMap((id): [string, FieldTerm][] => {
    const term = contract.fields[id];
    return term && term.level !== 'free' ? [[id, term]] : [];
  });
  const script = asked.map(([id]) => questions[id]).join('\n');
  return {
    argv: asked.length === 0 ? null : ['/bin/sh', '-c', script],
    judge: (stdout) => {
      const lines = stdout.split('\n');
      for (const [at, [id, term]] of asked.entries()) {
        const section = fieldOf(id)?.section ?? 'identity';
        const value = lines[at] ?? '';
        const { met, wanted, got } = meets(term, { id, section, kind: 'value', value, readings: 1 });
        if (!met) return cannotHold(id, `it is ${got}, and ${wanted} is promised`);
      }
      return null;
    },
  };
}
