/** What shells are told once: each asks the program itself for what may come next. */
export const completionScripts = {
  bash: `_cairn_complete() {
  local word rest
  COMPREPLY=()
  while IFS=$'\\t' read -r word rest; do
    COMPREPLY+=("$word")
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _cairn_complete cairn
`,
  zsh: `#compdef cairn
_cairn() {
  local line
  local -a lines described
  lines=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#described} )); then _describe -t values cairn described; else _files; fi
}
if [ "$funcstack[1]" = _cairn ]; then _cairn "$@"; else compdef _cairn cairn; fi
`,
  fish: `function __cairn_complete
  set -l words (commandline -opc)
  set -l candidates ($words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $candidates) -gt 0
    printf '%s\\n' $candidates
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c cairn -f -a '(__cairn_complete)'
`,
} as const;

export type Shell = keyof typeof completionScripts;
/** By this first word the program is asked what may come next. */
export const completeWord = '__complete';
