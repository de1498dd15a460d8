-- How a test server answers: see tests/support/upstream.lua. Each function here makes an answer, a function of the exchange.
--
-- A 200 with content is always what the engine once said (recorded); made up are only answers that no engine should give.
local uv = require "luv"
local recordings = require "tests.support.recordings"

local answers = {}

local reasons = { [200] = "OK", [204] = "No Content", [302] = "Found", [307] = "Temporary Redirect" }

-- The head of an answer. headers is a list of pairs.
local function head(status, headers)
  local lines = { ("HTTP/1.1 %d %s"):format(status, reasons[status] or "Whatever") }
  for _, header in ipairs(headers) do
    lines[#lines + 1] = header[1] .. ": " .. header[2]
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function whole(exchange, status, headers, body)
  local all = { table.unpack(headers) }
  if status ~= 204 then
    all[#all + 1] = { "Content-Length", #body }
  end
  exchange:send(head(status, all) .. body)
  exchange:finish()
end

-- Any complete answer; the content type is JSON unless the headers name one.
function answers.plain(status, body, headers)
  return function(exchange)
    whole(exchange, status, headers or { { "Content-Type", "application/json" } }, body or "")
  end
end

-- What the recorded engine said to this request (overview, unless other cassettes are named). A request that was
-- never recorded gets a 501 that says so.
function answers.recorded(...)
  local names = select("#", ...) > 0 and { ... } or { "overview" }
  return function(exchange)
    local found = recordings.find(names, exchange.method, exchange.path, exchange.query)
    if not found then
      return whole(exchange, 501, {}, ("not recorded: %s %s"):format(exchange.method, exchange.target))
    end
    whole(exchange, found.status, found.headers, found.body)
  end
end

-- A refusal of the engine with this status, as recorded (403 with a comment such as "expired token", 404, 429, 500).
function answers.refusal(status, comment, extra_headers)
  local found = recordings.first("errors", { status = status, comment = comment })
  local headers = { table.unpack(found.headers) }
  table.move(extra_headers or {}, 1, #(extra_headers or {}), #headers + 1, headers)
  return function(exchange)
    whole(exchange, status, headers, found.body)
  end
end

-- One answer after the other, the last one for good.
function answers.sequence(...)
  local list, at = { ... }, 0
  return function(exchange)
    at = math.min(at + 1, #list)
    list[at](exchange)
  end
end

-- By method: answers.by_method { GET = …, PATCH = … }.
function answers.by_method(map)
  return function(exchange)
    local answer = map[exchange.method] or error("no answer for " .. exchange.method)
    answer(exchange)
  end
end

-- By the end of the path, in which a * stands for anything but a slash: answers.by_path({ ["/workflows/*"] = … }, otherwise). The
-- ends must exclude each other.
function answers.by_path(map, otherwise)
  local patterns = {}
  for ending, answer in pairs(map) do
    patterns[ending:gsub("[%p]", "%%%0"):gsub("%%%*", "[^/]*") .. "$"] = answer
  end
  return function(exchange)
    for pattern, answer in pairs(patterns) do
      if exchange.path:find(pattern) then return answer(exchange) end
    end
    otherwise(exchange)
  end
end

-- Takes the request and never says a word.
function answers.stall()
  return function() end
end

-- Sends the head and the first bytes of a body, then no more.
function answers.stall_in_body()
  return function(exchange)
    exchange:send(head(200, { { "Content-Type", "application/json" }, { "Content-Length", 100 } }) .. '{"rows":[')
  end
end

-- Says that a body is longer than it is, and hangs up.
function answers.truncated()
  return function(exchange)
    exchange:send(head(200, { { "Content-Type", "application/json" }, { "Content-Length", 100 } }) .. '{"rows":[')
    exchange:hang_up()
  end
end

-- Hangs up before the first byte of an answer.
function answers.reset()
  return function(exchange)
    exchange:reset()
  end
end

-- Sends the other answer's bytes late: after so many seconds.
function answers.late(seconds, answer)
  return function(exchange)
    local timer = uv.new_timer()
    timer:start(math.ceil(seconds * 1000), 0, function()
      timer:close()
      answer(exchange)
    end)
  end
end

-- A body of so many bytes that is one JSON string. framing is "length", "chunked" or "close".
-- exchange.sent counts the bytes that were taken.
function answers.huge(bytes, framing)
  local piece = ("x"):rep(65536)
  local chunk = ("%x\r\n%s\r\n"):format(#piece, piece)
  local headers = { { "Content-Type", "application/json" } }
  if framing == "length" then
    headers[2] = { "Content-Length", bytes }
  else
    headers[2] = framing == "chunked" and { "Transfer-Encoding", "chunked" } or { "Connection", "close" }
  end
  return function(exchange)
    exchange.sent = 0
    local function more(failure)
      if failure then
        return
      elseif exchange.sent >= bytes then
        exchange:send(framing == "chunked" and "0\r\n\r\n" or "")
        return framing == "close" and exchange:hang_up() or exchange:finish()
      end
      exchange.sent = exchange.sent + #piece
      exchange:send(framing == "chunked" and chunk or piece, more)
    end
    exchange:send(head(200, headers) .. (framing == "chunked" and '1\r\n"\r\n' or '"'), more)
  end
end

-- What was recorded for the request, byte by byte with pauses: so many bytes a piece, so many milliseconds apart.
function answers.drip(bytes, milliseconds)
  return function(exchange)
    local found = assert(recordings.find({ "overview" }, exchange.method, exchange.path, exchange.query))
    local text = head(found.status, { { "Content-Type", "application/json" }, { "Content-Length", #found.body } }) .. found.body
    local timer, at = uv.new_timer(), 1
    timer:start(0, milliseconds, function()
      exchange:send(text:sub(at, at + bytes - 1))
      at = at + bytes
      if at > #text or exchange.connection.socket:is_closing() then
        timer:close()
        exchange:finish()
      end
    end)
  end
end

-- Sends the caller to another place.
function answers.redirect(url, status)
  return function(exchange)
    whole(exchange, status or 302, { { "Location", url .. exchange.target } }, "")
  end
end

return answers
