#compdef hatchway
# Completion of hatchway for zsh.
_hatchway() {
    local -a answer names shown open open_shown
    local one name about
    answer=("${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    case ${answer[1]} in
    (:files) [[ $words[CURRENT] == --*=* ]] && compset -P '*='; _files; return ;;
    (:folders) [[ $words[CURRENT] == --*=* ]] && compset -P '*='; _files -/; return ;;
    esac
    for one in $answer; do
        name=${one%%$'\t'*} about=${one#*$'\t'}
        [[ $about == $one ]] && about=$name || about="$name  -- $about"
        if [[ $name == *= ]]; then open+=($name) open_shown+=($about)
        else names+=($name) shown+=($about); fi
    done
    (( $#names )) && compadd -l -d shown -a names
    (( $#open )) && compadd -l -S '' -d open_shown -a open
}
if [[ $funcstack[1] == _hatchway ]]; then _hatchway "$@"; else compdef _hatchway hatchway; fi
