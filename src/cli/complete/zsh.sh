#compdef tokctl
# Shows the candidates in the order in which tokctl gives them. _describe would sort them as soon as two
# have the same description, so that options come before ids.
_tokctl_complete() {
    local line value
    local -a values descriptions shown folders
    local -i width=0 i
    for line in "${(@f)$(TOKCTL_COMPLETE=zsh _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) \
        tokctl -- "${words[@]}" 2> /dev/null)}"; do
        value=${line%%$'\t'*}
        if [[ $value == */ ]]; then
            folders+=("$value")
        elif [[ -n $value ]]; then
            values+=("$value")
            descriptions+=("${line#*$'\t'}")
            (( width = $#value > width ? $#value : width ))
        fi
    done
    for (( i = 1; i <= $#values; i++ )); do
        shown+=("${(r:width:)values[i]}${descriptions[i]:+  -- $descriptions[i]}")
    done
    (( $#folders )) && compadd -Q -S '' -a folders
    if [[ -n ${(j::)descriptions} ]]; then
        compadd -Q -V tokctl -l -d shown -a values
    elif (( $#values )); then
        compadd -Q -V tokctl -a values
    fi
}

compdef _tokctl_complete tokctl

# For the first completion, zsh runs this file itself and ignores what it defines.
[[ $funcstack[1] != _tokctl ]] || _tokctl_complete "$@"
