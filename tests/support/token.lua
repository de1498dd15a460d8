-- Hatchet API tokens for tests: of the right form, signed by nobody.
--
-- A client cannot verify the signature of such a token, so none of the checks that we test needs a real one.
local cjson = require "cjson"

local token = {}

local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

function token.base64url(text)
  local out = {}
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for k = 0, c and 3 or b and 2 or 1 do
      local at = (bits >> (18 - 6 * k) & 63) + 1
      out[#out + 1] = digits:sub(at, at)
    end
  end
  return table.concat(out)
end

token.tenant = "55555555-2222-4333-8444-555555555555" -- the tenant of the recordings

-- The claims that the host reads, with those given laid over them. A claim set to false is left out.
local function claims_with(given)
  local claims = {
    sub = token.tenant,
    server_url = "http://localhost:8080",
    grpc_broadcast_address = "localhost:7077",
    exp = 4102444800, -- 2100-01-01
  }
  for name, value in pairs(given or {}) do
    claims[name] = value or nil
  end
  return claims
end

-- A token with these claims, or with any JSON text in their place.
function token.token(claims)
  local payload = type(claims) == "string" and claims or cjson.encode(claims_with(claims))
  local signature = ("harness-"):rep(8)
  local header = '{"alg":"ES256","kid":"TESTS1"}'
  return table.concat({ token.base64url(header), token.base64url(payload), token.base64url(signature) }, ".")
end

return token
