export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export const isShell = (name: string): name is Shell => shells.some((shell) => shell === name)

/**
 * What the shell must read to complete `naru`. Each asks `naru complete -- WORDS`, which answers with a candidate a
 * line, what it is about behind a tab.
 */
export const scriptFor = (name: Shell): string => scripts[name]

const scripts: Record<Shell, string> = {
  bash: `_naru() {
  local IFS=$'\\n' line
  COMPREPLY=()
  while read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(naru complete -- "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
}
complete -o default -F _naru naru`,

  zsh: `#compdef naru
_naru() {
  local -a found
  local line
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(naru complete -- "\${words[@]:0:$CURRENT}" 2>/dev/null)
  if (( \${#found} )); then _describe 'naru' found; else _files; fi
}
if [ "$funcstack[1]" = "_naru" ]; then _naru "$@"; else compdef _naru naru; fi`,

  fish: `function __naru_complete
  set -l typed (commandline -opc) (commandline -ct)
  naru complete -- $typed 2>/dev/null
end
complete -c naru -f -a '(__naru_complete)'`,
}
