# Completion of hatchway for fish.
function __hatchway_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l before (string match -r -- '^--[^=]*=' $current)
    set -l rest (string replace -r -- '^--[^=]*=' '' $current)
    set -l answer ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    switch "$answer[1]"
        case :files
            printf "$before%s\n" (__fish_complete_path "$rest")
        case :folders
            printf "$before%s\n" (__fish_complete_directories "$rest")
        case ''
        case '*'
            printf '%s\n' $answer
    end
end
complete -c hatchway -f -a '(__hatchway_complete)'
