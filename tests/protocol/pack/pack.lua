-- Every fixture that the official conformance tool asks for, with the texts that the tool looks for. The files show, one ability
-- after the other, what the Lua API has: read them beside docs/lua-api.md.
pack {
  name = "conformance",
  title = "Conformance Fixtures",
  about = "What the conformance tool of the Model Context Protocol calls, reads and asks for.",
  instructions = "Fixtures of the conformance tool. They keep nothing and reach nothing.",
}
