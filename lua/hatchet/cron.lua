-- Cron expressions as the engine takes them. It stores any text, and drops what it cannot read a moment later without a word.
--
--   cron.check(text) → the expression with single blanks; one that the engine would drop is refused, with the field that is wrong
--
-- An expression has five fields, or six with seconds first; each is a list of values, ranges (1-5), * or ?, all with a step if
-- need be (*/5, 10-20/2; 3/10 is 3-59/10). Months and days of the week have names. In their place stand a word (@daily) or @every
-- with a duration (@every 1h30m). CRON_TZ=Europe/Berlin or TZ=… may come first; which zones there are only the engine knows.

local refusal = require "hatchet.refusal"

local cron = {}

-- Names as values, counted from `first`.
local function named(first, ...)
  local names = {}
  for index, name in ipairs { ... } do names[name] = first + index - 1 end
  return names
end

local FIELDS = {
  { name = "second", low = 0, high = 59, takes = "0-59" },
  { name = "minute", low = 0, high = 59, takes = "0-59" },
  { name = "hour", low = 0, high = 23, takes = "0-23" },
  { name = "day of month", low = 1, high = 31, takes = "1-31" },
  {
    name = "month",
    low = 1,
    high = 12,
    takes = "1-12 or JAN-DEC",
    names = named(1, "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
  },
  {
    name = "day of week",
    low = 0,
    high = 6,
    takes = "0-6 or SUN-SAT, Sunday is 0",
    names = named(0, "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
  },
}
local WORDS = { "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly" }
local UNITS = { h = 3600, m = 60, s = 1, ms = 0.001 }
local DAYS = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 } -- the most that a month has
local SHAPE = "Five fields: minute hour day-of-month month day-of-week, or six with seconds first; or @daily, @every 1h."

-- --- a field -------------------------------------------------------------------------------------------------------------------

local function value_of(field, text, refuse)
  local value = field.names and field.names[text:upper()] or text:find "^%d+$" and tonumber(text)
  if not value then
    refuse(("the %s cannot be %q"):format(field.name, text),
      ("The %s takes %s, *, lists (1,2), ranges (1-5) and steps (*/5)."):format(field.name, field.takes))
  elseif value < field.low or value > field.high then
    refuse(("the %s %s is out of range"):format(field.name, text), ("The %s takes %s."):format(field.name, field.takes))
  end
  return value
end

local function step_of(field, text, refuse)
  local step = text and text:find "^%d%d?%d?$" and tonumber(text)
  if text and (not step or step == 0) then
    refuse(("the step %q of the %s is no number above 0"):format(text, field.name), "A step is written */5, 10-20/2 or 3/10.")
  end
  return step or 1
end

local function range_of(field, text, stepped, refuse)
  if text == "*" or text == "?" then return field.low, field.high end
  local from, to = text:match "^([^-]+)%-([^-]+)$"
  local first = value_of(field, from or text, refuse)
  local last = to and value_of(field, to, refuse) or stepped and field.high or first
  if first > last then
    refuse(("the range %s of the %s runs backwards"):format(text, field.name), "Write two ranges: 22-23,0-5 for 22-5.")
  end
  return first, last
end

-- The values of a field as a set.
local function values_of(field, text, refuse)
  local set = {}
  for part in (text .. ","):gmatch "([^,]*)," do
    local range, step = part:match "^([^/]*)/([^/]*)$"
    local first, last = range_of(field, range or part, step, refuse)
    for value = first, last, step_of(field, step, refuse) do set[value] = true end
  end
  return set
end

-- --- the whole -----------------------------------------------------------------------------------------------------------------

local function has_date(days, months)
  for month in pairs(months) do
    for day in pairs(days) do
      if day <= DAYS[month] then return true end
    end
  end
  return false
end

local function check_fields(text, refuse)
  local parts = {}
  for part in text:gmatch "%S+" do parts[#parts + 1] = part end
  if #parts ~= 5 and #parts ~= 6 then
    refuse(("it has %d field%s, not 5 or 6"):format(#parts, #parts == 1 and "" or "s"), SHAPE)
  end
  local sets, skipped = {}, 6 - #parts
  for index, part in ipairs(parts) do
    sets[index + skipped] = values_of(FIELDS[index + skipped], part, refuse)
  end
  local weekday = parts[#parts]
  if (weekday == "*" or weekday == "?") and not has_date(sets[4], sets[5]) then
    refuse("no such day of month is in any such month: it would never fire", "Check the day of month against the month.")
  end
end

-- The seconds of a duration of the engine: 1h30m, 90s.
local function seconds_of(text)
  local sum = 0
  repeat
    local number, unit, rest = text:match "^(%d+%.?%d*)(%a+)(.*)$"
    if not UNITS[unit] then return nil end
    sum, text = sum + tonumber(number) * UNITS[unit], rest
  until text == ""
  return sum
end

local function check_word(text, refuse)
  local duration = text:match "^@every (.*)$"
  if duration then
    local seconds = seconds_of(duration)
    if seconds and seconds >= 1 then return end
    refuse(("%q is no duration of a second or more"):format(duration),
      "Write hours, minutes and seconds: @every 1h30m; a day is 24h.")
  end
  for _, word in ipairs(WORDS) do
    if text == word then return end
  end
  local near = hatchway.nearest(text, WORDS)
  refuse(("there is no word %s"):format(text),
    (near and ("Did you mean %s? "):format(near) or "") .. ("There are %s and @every 1h."):format(table.concat(WORDS, " ")))
end

function cron.check(text)
  text = text:gsub("%s+", " "):match "^ ?(.-) ?$"
  local function refuse(what, hint)
    refusal.invalid(("The expression %q cannot be read: %s."):format(text, what), hint)
  end
  local zone, rest = text:match "^CRON_TZ=(%S*) ?(.*)$"
  if not zone then zone, rest = text:match "^TZ=(%S*) ?(.*)$" end
  if zone and not zone:find "^%a[%w_+/-]*$" then
    refuse(("%q is no time zone"):format(zone), "Write one as CRON_TZ=Europe/Berlin before the fields.")
  end
  rest = rest or text
  if rest:find "^@" then check_word(rest, refuse) else check_fields(rest, refuse) end
  return text
end

return cron
