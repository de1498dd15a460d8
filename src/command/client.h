// The clients that install knows: which file each reads its MCP servers from, in which form.
#ifndef HATCHWAY_COMMAND_CLIENT_H
#define HATCHWAY_COMMAND_CLIENT_H

#include "base/buf.h"

typedef struct client {
    const char *id, *title;
    const char *folder;       // there when the client is: below the home or the configuration folder
    const char *file;         // of the user, below the same
    bool in_config;           // below $XDG_CONFIG_HOME (~/.config), not the home
    const char *moved_by;     // a variable that names another folder for `moved_file`; NULL: there is none
    const char *moved_file;
    const char *project_file; // below the project; NULL: the client has none
    const char *section;      // the object, or table, that has the servers
    const char *type;         // what "type" says; NULL: the form has no such member
    int allowed;              // of jsonc.h
    bool is_toml;
    bool asks;                // the client can ask for the token and keep it
    const char *reference;    // how `env` names a variable of the client's environment; NULL: it cannot
    const char *token;        // how the server gets a token from there, a sentence
    const char *next;         // what to do then, a sentence
} client;

#define CLIENTS 7
extern const client clients[CLIENTS];

const client *client_find(const char *id); // NULL: there is none

// The path of its file, to be freed. NULL when there is no home, or no such file of a project.
char *client_file(const client *c, bool project);

bool client_is_found(const client *c); // on this machine

#endif
