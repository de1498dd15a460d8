// The clients that install knows. Contract in client.h.
//
// Where the forms come from, as they stood in 2026:
//   Claude Code     code.claude.com/docs/en/mcp: user scope in ~/.claude.json, project scope in .mcp.json,
//                   both "mcpServers" with "type": "stdio"; ${VAR} is expanded in command, args and env. Also
//                   code.claude.com/docs/en/env-vars: CLAUDE_CONFIG_DIR
//   Claude Desktop  modelcontextprotocol.io/docs/develop/connect-local-servers: claude_desktop_config.json,
//                   on Linux in the configuration folder of the application. Servers get a few harmless
//                   variables only.
//   Cursor          cursor.com/docs/mcp: ~/.cursor/mcp.json, .cursor/mcp.json, with comments; ${env:NAME}
//   VS Code         code.visualstudio.com/docs/copilot/reference/mcp-configuration: mcp.json of the user
//                   profile, .vscode/mcp.json; "servers", and "inputs" for what it asks and keeps safe,
//                   ${input:id}
//   Codex           developers.openai.com/codex/mcp: [mcp_servers.NAME] in $CODEX_HOME/config.toml
//                   (~/.codex), .codex/config.toml of a trusted project; env_vars names the variables that
//                   are passed on
//   Gemini CLI      geminicli.com/docs/tools/mcp-server: ~/.gemini/settings.json, .gemini/settings.json, with
//                   comments; $VAR in env; other variables that look like secrets are not passed on
//   Zed             zed.dev/docs/ai/mcp: "context_servers" in ~/.config/zed/settings.json,
//                   .zed/settings.json
#include "command/client.h"
#include "command/jsonc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN "HATCHET_CLIENT_TOKEN"
#define OR_PROFILE ", or install with --profile NAME, a profile with a token_file"

const client clients[CLIENTS] = {
    {.id = "claude-code",
     .title = "Claude Code",
     .folder = ".claude",
     .file = ".claude.json",
     .moved_by = "CLAUDE_CONFIG_DIR",
     .moved_file = ".claude.json",
     .project_file = ".mcp.json",
     .section = "mcpServers",
     .type = "stdio",
     .reference = "${" TOKEN "}",
     .token = "export " TOKEN " where you start Claude Code" OR_PROFILE,
     .next = "start Claude Code anew; /mcp shows the server"},
    {.id = "claude-desktop",
     .title = "Claude Desktop",
     .folder = "Claude",
     .file = "Claude/claude_desktop_config.json",
     .in_config = true,
     .section = "mcpServers",
     .token = "Claude Desktop does not pass " TOKEN
              " on: install with --profile NAME, a profile with a token_file",
     .next = "quit Claude Desktop and start it anew; Settings, Developer shows the server"},
    {.id = "cursor",
     .title = "Cursor",
     .folder = ".cursor",
     .file = ".cursor/mcp.json",
     .project_file = ".cursor/mcp.json",
     .section = "mcpServers",
     .type = "stdio",
     .allowed = JSONC_COMMENTS,
     .reference = "${env:" TOKEN "}",
     .token = "start Cursor where " TOKEN " is exported" OR_PROFILE,
     .next = "start Cursor anew; Cursor Settings, MCP shows the server"},
    {.id = "vscode",
     .title = "VS Code",
     .folder = "Code",
     .file = "Code/User/mcp.json",
     .in_config = true,
     .project_file = ".vscode/mcp.json",
     .section = "servers",
     .type = "stdio",
     .allowed = JSONC_COMMENTS | JSONC_TRAILING_COMMAS,
     .asks = true,
     .token = "VS Code asks for it when the server starts for the first time, and keeps it safe",
     .next = "run \"MCP: List Servers\" from the Command Palette and start the server"},
    {.id = "codex",
     .title = "Codex",
     .folder = ".codex",
     .file = ".codex/config.toml",
     .moved_by = "CODEX_HOME",
     .moved_file = "config.toml",
     .project_file = ".codex/config.toml",
     .section = "mcp_servers",
     .is_toml = true,
     .token = "export " TOKEN " where you start Codex" OR_PROFILE,
     .next = "start Codex anew; /mcp shows the server"},
    {.id = "gemini",
     .title = "Gemini CLI",
     .folder = ".gemini",
     .file = ".gemini/settings.json",
     .project_file = ".gemini/settings.json",
     .section = "mcpServers",
     .allowed = JSONC_COMMENTS,
     .reference = "$" TOKEN,
     .token = "export " TOKEN " where you start Gemini CLI" OR_PROFILE,
     .next = "start Gemini CLI anew; /mcp shows the server"},
    {.id = "zed",
     .title = "Zed",
     .folder = "zed",
     .file = "zed/settings.json",
     .in_config = true,
     .project_file = ".zed/settings.json",
     .section = "context_servers",
     .allowed = JSONC_COMMENTS | JSONC_TRAILING_COMMAS,
     .token = "start Zed where " TOKEN " is exported" OR_PROFILE,
     .next = "Zed starts the server when the file is saved; Settings, AI shows it"},
};

const client *client_find(const char *id) {
    for (size_t i = 0; i < CLIENTS; i++)
        if (strcmp(clients[i].id, id) == 0) return &clients[i];
    return NULL;
}

static const char *variable(const char *name) {
    const char *value = name ? getenv(name) : NULL;
    return value && *value ? value : NULL;
}

// base/rest, or NULL without a base.
static char *below(const char *base, const char *rest) {
    if (!base) return NULL;
    buf path = BUF(BUF_SMALL);
    buf_printf(&path, "%s/%s", base, rest);
    char *copy = base_string(buf_string(&path));
    buf_free(&path);
    return copy;
}

static char *of_user(const client *c, const char *rest) {
    const char *config = variable("XDG_CONFIG_HOME"), *home = variable("HOME");
    if (!c->in_config) return below(home, rest);
    if (config) return below(config, rest);
    char *folder = below(home, ".config"), *path = below(folder, rest);
    free(folder);
    return path;
}

char *client_file(const client *c, bool project) {
    if (!project) {
        const char *moved = variable(c->moved_by);
        return moved ? below(moved, c->moved_file) : of_user(c, c->file);
    }
    if (!c->project_file) return NULL;
    char *here = getcwd(NULL, 0), *path = below(here, c->project_file);
    free(here);
    return path;
}

bool client_is_found(const client *c) {
    struct stat info;
    const char *moved = variable(c->moved_by);
    char *folder = moved ? base_string(moved) : of_user(c, c->folder), *file = client_file(c, false);
    bool found = (folder && stat(folder, &info) == 0) || (file && stat(file, &info) == 0);
    free(folder);
    free(file);
    return found;
}
