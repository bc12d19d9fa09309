/** Completion scripts from the verbs' data. Sandboxes are asked for while typing, from a daemon that runs already. */
import { type Command, flagOf, jsonOption } from './command.ts';

interface Line {
  /** One word or two. */
  verb: string;
  summary: string;
  flags: [flag: string, description: string][];
  sandboxes: boolean;
}

export function completionScript(shell: 'bash' | 'zsh' | 'fish', commands: readonly Command[]): string {
  const lines = commands.map(lineOf);
  return { bash, zsh, fish }[shell](lines);
}

function lineOf({ name, summary, options, arguments: words }: Command): Line {
  const flags = Object.entries({ ...options, json: jsonOption }).map(([key, { description }]): [string, string] => [
    flagOf(key),
    description,
  ]);
  return {
    verb: name,
    summary,
    flags: [...flags, ['--help', 'examples and flags']],
    sandboxes: Object.values(words).some(({ completes }) => completes === 'sandbox'),
  };
}

const sandboxNames =
  'HOLDFAST_START=never holdfast ps --json 2>/dev/null | sed -n \'s/^    "\\(id\\|name\\)": "\\(.*\\)",$/\\2/p\'';

/** First words, and for groups their second ones. */
function wordsOf(lines: Line[]): { first: string[]; groups: Map<string, string[]> } {
  const groups = new Map<string, string[]>();
  for (const { verb } of lines) {
    const [head = '', second] = verb.split(' ');
    if (second !== undefined) groups.set(head, [...(groups.get(head) ?? []), second]);
  }
  return { first: [...new Set(lines.map(({ verb }) => verb.split(' ')[0] ?? ''))], groups };
}

function bash(lines: Line[]): string {
  const { first, groups } = wordsOf(lines);
  const cases = lines.map(({ verb, flags, sandboxes }) => {
    const words = flags.map(([flag]) => flag).join(' ');
    return `    '${verb}') words='${words}'${sandboxes ? ' names=1' : ''} ;;`;
  });
  return `# holdfast completion for bash
_holdfast() {
  local current=\${COMP_WORDS[COMP_CWORD]} verb=\${COMP_WORDS[1]} words='' names='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $word == -- ]] && return; done
  if ((COMP_CWORD == 1)); then mapfile -t COMPREPLY < <(compgen -W '${first.join(' ')}' -- "$current"); return; fi
  case $verb in
${[...groups].map(([group, seconds]) => `    ${group}) if ((COMP_CWORD == 2)); then mapfile -t COMPREPLY < <(compgen -W '${seconds.join(' ')}' -- "$current"); return; fi; verb+=" \${COMP_WORDS[2]}" ;;`).join('\n')}
  esac
  case $verb in
${cases.join('\n')}
  esac
  if [[ $current != -* && -n $names ]]; then words=$(${sandboxNames}); fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _holdfast holdfast
`;
}

function zsh(lines: Line[]): string {
  const { first, groups } = wordsOf(lines);
  const cases = lines.map(({ verb, flags, sandboxes }) => {
    const specs = flags.map(([flag, does]) => `'${flag}[${zshText(does)}]'`).join(' ');
    return `    '${verb}') _arguments ${specs} ${sandboxes ? "'*:sandbox:_holdfast_sandboxes'" : "'*:file:_files'"} ;;`;
  });
  return `#compdef holdfast
_holdfast_sandboxes() { local -a names; names=(\${(f)"$(${sandboxNames})"}); compadd -a names }
_holdfast() {
  if ((CURRENT == 2)); then compadd ${first.join(' ')}; return; fi
  local verb=$words[2]
  case $verb in
${[...groups].map(([group, seconds]) => `    ${group}) if ((CURRENT == 3)); then compadd ${seconds.join(' ')}; return; fi; verb+=" $words[3]"; shift words; ((CURRENT--)) ;;`).join('\n')}
  esac
  shift words; ((CURRENT--))
  case $verb in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _holdfast ]]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
`;
}

function fish(lines: Line[]): string {
  const { groups } = wordsOf(lines);
  const headOf = (verb: string): string => verb.split(' ')[0] ?? '';
  const first = new Map(
    lines.map(({ verb, summary }) => [headOf(verb), groups.get(headOf(verb))?.join(', ') ?? summary]),
  );
  const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
  const heads = [...first].map(
    ([verb, summary]) => `complete -c holdfast -n __fish_use_subcommand -f -a ${verb} -d ${quoted(summary)}`,
  );
  const seconds = [...groups].map(
    ([group, words]) => `complete -c holdfast -n '__fish_seen_subcommand_from ${group}' -f -a '${words.join(' ')}'`,
  );
  const rest = lines.flatMap(({ verb, flags, sandboxes }) => {
    const [head, second] = verb.split(' ');
    const when = quoted(
      `__fish_seen_subcommand_from ${head}${second === undefined ? '' : `; and __fish_seen_subcommand_from ${second}`}`,
    );
    return [
      ...flags.map(([flag, does]) => `complete -c holdfast -n ${when} -l ${flag.slice(2)} -d ${quoted(does)}`),
      ...(sandboxes ? [`complete -c holdfast -n ${when} -a '(__holdfast_sandboxes)'`] : []),
    ];
  });
  return `# holdfast completion for fish
function __holdfast_sandboxes
  ${sandboxNames.replace('HOLDFAST_START=never', 'env HOLDFAST_START=never')}
end
${[...heads, ...seconds, ...rest].join('\n')}
`;
}

function zshText(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/[[\]:]/g, '\\$&');
}
