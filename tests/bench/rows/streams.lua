-- Streams of events that nothing is sent on: what the server holds for 10,000 of them.
local endpoints = require "tests.bench.endpoints"
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"

local LIMITS = { "--limit", "address_connections=20000", "--limit", "connections=20000" }

return function(size)
  local count = size(10000, 20)
  local function rss(request, opening)
    return function()
      local server = endpoints.hatchway(LIMITS)
      local words = { references.program "requests", "streams", count, server.port, server.pid, endpoints.request(request),
        opening and endpoints.request(opening) }
      local kb = shell.numbers(shell.line(words)).rss_kb
      server.stop()
      return kb
    end
  end
  local must, rounds = { "<=", 80 * 1024 }, size(3, 1)
  return {
    measure.alone { what = ("%d idle streams of GET, each in its session, all memory"):format(count), unit = "kB", must = must,
      rounds = rounds, subject = rss("get", "initialize") },
    measure.alone { what = ("%d idle streams of subscriptions/listen, all memory"):format(count), unit = "kB", must = must,
      rounds = rounds, subject = rss "listen" },
  }
end
