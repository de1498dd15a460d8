// Names of the protocol revisions.
#include "mcp/internal.h"

static const char *const names[] = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"};

const char *mcp_revision_name(mcp_revision revision) { return names[revision]; }

bool mcp_revision_parse(slice name, mcp_revision *out) {
    for (int i = MCP_2024_11_05; i <= MCP_2026_07_28; i++) {
        if (!slice_is(name, names[i])) continue;
        *out = (mcp_revision)i;
        return true;
    }
    return false;
}

bool mcp_is_legacy_revision(slice name) {
    mcp_revision revision;
    return mcp_revision_parse(name, &revision) && !mcp_is_modern(revision);
}
