// hatchway completion: the scripts that make a shell complete. They ask hatchway itself what may stand where
// (complete.c), so that they stay right.
#include "base/log.h"
#include "command/command.h"
#include "command/options.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: hatchway completion bash|zsh|fish\n\n"
    "Prints a script that completes commands, options, profiles, toolsets, the names of tools and prompts, "
    "and the arguments of a tool:\n\n"
    "    hatchway completion bash > ~/.local/share/bash-completion/completions/hatchway\n"
    "    hatchway completion zsh > DIR/_hatchway          # DIR: a folder of $fpath\n"
    "    hatchway completion fish > ~/.config/fish/completions/hatchway.fish\n\n"
    "Exit codes: 0 it is printed, 2 an argument is wrong.\n";

// Bash takes = and : for the ends of words: what stands before them is not replaced.
static const char bash[] =
    "# Completion of hatchway for bash (4.4 or newer).\n"
    "_hatchway() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} current before= one\n"
    "    local -a words answer\n"
    "    COMPREPLY=()\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    current=${words[-1]}\n"
    "    [[ $current == *[=:]* ]] && before=${current%\"${current##*[=:]}\"}\n"
    "    mapfile -t answer < <(\"${words[0]}\" __complete \"${words[@]:1}\" 2>/dev/null)\n"
    "    case ${answer[0]-} in\n"
    "    :files | :folders)\n"
    "        [[ ${answer[0]} == :files ]] && one=-f || one=-d\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen $one -- \"${current#\"$before\"}\") ;;\n"
    "    *)\n"
    "        for one in \"${answer[@]}\"; do\n"
    "            one=${one%%$'\\t'*}\n"
    "            COMPREPLY+=(\"${one#\"$before\"}\")\n"
    "        done\n"
    "        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null ;;\n"
    "    esac\n"
    "    return 0\n"
    "}\n"
    "complete -F _hatchway hatchway\n";

static const char zsh[] =
    "#compdef hatchway\n"
    "# Completion of hatchway for zsh.\n"
    "_hatchway() {\n"
    "    local -a answer names shown open open_shown\n"
    "    local one name about\n"
    "    answer=(\"${(@f)$(\"${(Q)words[1]}\" __complete \"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
    "    case ${answer[1]} in\n"
    "    (:files) [[ $words[CURRENT] == --*=* ]] && compset -P '*='; _files; return ;;\n"
    "    (:folders) [[ $words[CURRENT] == --*=* ]] && compset -P '*='; _files -/; return ;;\n"
    "    esac\n"
    "    for one in $answer; do\n"
    "        name=${one%%$'\\t'*} about=${one#*$'\\t'}\n"
    "        [[ $about == $one ]] && about=$name || about=\"$name  -- $about\"\n"
    "        if [[ $name == *= ]]; then open+=($name) open_shown+=($about)\n"
    "        else names+=($name) shown+=($about); fi\n"
    "    done\n"
    "    (( $#names )) && compadd -l -d shown -a names\n"
    "    (( $#open )) && compadd -l -S '' -d open_shown -a open\n"
    "}\n"
    "if [[ $funcstack[1] == _hatchway ]]; then _hatchway \"$@\"; else compdef _hatchway hatchway; fi\n";

static const char fish[] =
    "# Completion of hatchway for fish.\n"
    "function __hatchway_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    set -l before (string match -r -- '^--[^=]*=' $current)\n"
    "    set -l rest (string replace -r -- '^--[^=]*=' '' $current)\n"
    "    set -l answer ($words[1] __complete $words[2..-1] \"$current\" 2>/dev/null)\n"
    "    switch \"$answer[1]\"\n"
    "        case :files\n"
    "            printf \"$before%s\\n\" (__fish_complete_path \"$rest\")\n"
    "        case :folders\n"
    "            printf \"$before%s\\n\" (__fish_complete_directories \"$rest\")\n"
    "        case ''\n"
    "        case '*'\n"
    "            printf '%s\\n' $answer\n"
    "    end\n"
    "end\n"
    "complete -c hatchway -f -a '(__hatchway_complete)'\n";

static const struct {
    const char *name, *script;
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

int command_completion(int argc, char **argv) {
    command_options o;
    bool helped;
    int code = EXIT_USAGE;
    log_set_level(LOG_ERROR);
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) code = EXIT_OK;
    for (size_t i = 0; i < sizeof shells / sizeof *shells && o.word_count == 1; i++) {
        if (strcmp(o.words[0], shells[i].name) != 0) continue;
        fputs(shells[i].script, stdout);
        code = EXIT_OK;
    }
    if (code != EXIT_OK) command_complain("completion needs the name of a shell: bash, zsh or fish");
    command_options_free(&o);
    return code;
}
