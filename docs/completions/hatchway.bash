# Completion of hatchway for bash (4.4 or newer).
_hatchway() {
    local line=${COMP_LINE:0:COMP_POINT} current before= one
    local -a words answer
    COMPREPLY=()
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    current=${words[-1]}
    [[ $current == *[=:]* ]] && before=${current%"${current##*[=:]}"}
    mapfile -t answer < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    case ${answer[0]-} in
    :files | :folders)
        [[ ${answer[0]} == :files ]] && one=-f || one=-d
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen $one -- "${current#"$before"}") ;;
    *)
        for one in "${answer[@]}"; do
            one=${one%%$'\t'*}
            COMPREPLY+=("${one#"$before"}")
        done
        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null ;;
    esac
    return 0
}
complete -F _hatchway hatchway
