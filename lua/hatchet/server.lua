-- What this server is: the tool get_server_info and the resource hatchet://server/info give the same.

local server = {}

-- No address and no token: where the address comes from is all that is told of it.
function server.info()
  local host = hatchway.server()
  return json.object({ "version", "access", "read_only", "read_tool_count", "mutating_tool_count" }, {
    version = host.version,
    access = host.access,
    read_only = host.access == "read",
    read_tool_count = host.tools.read,
    mutating_tool_count = host.tools.write + host.tools.destroy,
    server_url_source = hatchet.source,
    tenant_id = hatchet.tenant,
    namespace = hatchet.namespace,
    replay = host.replay,
  })
end

return server
