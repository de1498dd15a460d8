-- The Lua API, part four: which of Lua itself a file sees. The form of the data is told in api.lua.

local function words(text)
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = word end
  return list
end

return {
  base = words [[assert error getmetatable ipairs next pairs pcall print rawequal rawget rawlen require select setmetatable tonumber tostring
    type xpcall _VERSION]],
  libraries = {
    { name = "math", members = words [[abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad
      random randomseed sin sqrt tan tointeger type ult]] },
    { name = "string", members = words "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper" },
    { name = "table", members = words "concat insert move pack remove sort unpack" },
    { name = "utf8", members = words "char charpattern codepoint codes len offset" },
    { name = "os", members = words "date time" },
  },
  -- what math may have besides, when the Lua of the system was built to be compatible with 5.3; nobody should use it
  compatible = { math = words "atan2 cosh sinh tanh pow frexp ldexp log10" },
  refused = words "io debug load loadstring loadfile dofile package coroutine rawset collectgarbage module setfenv getfenv",
}
