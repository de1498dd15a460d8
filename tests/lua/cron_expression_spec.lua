-- What create_cron takes for a cron expression. The engine takes any text, and drops what it cannot read.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local TWIN = "cron trigger with that name-expression pair already exists"

-- A server whose engine refuses every new cron: what it was sent shows what the tool takes.
local function serve()
  local refusal
  for _, exchange in ipairs(recordings.load "admin") do
    if exchange.status == 400 and exchange.body:find(TWIN, 1, true) then refusal = exchange end
  end
  return tenant.serve(answers.by_method {
    GET = answers.recorded("overview", "admin"),
    POST = answers.plain(refusal.status, refusal.body),
  }, { access = "write" })
end

describe("a cron expression", function()
  local s, engine

  before_each(function() s, engine = serve() end)

  local function try(expression)
    return outputs.refused(s, "create_cron", { workflow_name = "sync-crm", cron_name = "x", expression = expression })
  end

  -- What the engine is sent for this expression.
  local function sent(expression)
    local failure = try(expression)
    outputs.has(failure.text, TWIN)
    local request = engine.requests[#engine.requests]
    assert.equal("POST", request.method)
    return cjson.decode(request.body).cronExpression
  end

  local function refused(expression, what, hint)
    local failure = try(expression)
    assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
    assert.equal(("The expression %q cannot be read: %s.\n%s"):format(expression, what, hint), failure.text)
    assert.equal(0, #engine.requests)
  end

  it("has five fields, or six with seconds first", function()
    for _, expression in ipairs { "0 6 * * *", "*/30 * * * * *", "59 59 23 31 12 6", "0 0 1 1 0" } do
      assert.equal(expression, sent(expression))
    end
  end)

  it("takes names of months and days in any case, lists, ranges and steps", function()
    for _, expression in ipairs {
      "0 9 * * MON-FRI", "0 0 1 JAN *", "0 0 1 jan,Jul *", "10-20/2 * * * *", "5/15 * * * *", "0,30 8-10,14 * * 1-5", "0 0 ? * ?",
      "0 0 31 2/1 *", "0 0 */2 2 *", "*/90 * * * *", "0 0 29 2 *", "0 0 30 2 MON",
    } do
      assert.equal(expression, sent(expression))
    end
  end)

  it("may be a word or a duration", function()
    for _, expression in ipairs {
      "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@every 1h", "@every 1h30m", "@every 1.5h",
      "@every 1500ms",
    } do
      assert.equal(expression, sent(expression))
    end
  end)

  it("may begin with a time zone", function()
    for _, expression in ipairs { "CRON_TZ=Europe/Berlin 0 6 * * *", "TZ=UTC @daily", "CRON_TZ=Etc/GMT+5 0 0 * * SUN" } do
      assert.equal(expression, sent(expression))
    end
  end)

  it("is sent with single blanks", function()
    assert.equal("0 6 * * *", sent "  0  6 *\t* * ")
  end)

  it("is refused with the field that is out of range", function()
    refused("61 * * * *", "the minute 61 is out of range", "The minute takes 0-59.")
    refused("60 0 0 * * *", "the second 60 is out of range", "The second takes 0-59.")
    refused("0 24 * * *", "the hour 24 is out of range", "The hour takes 0-23.")
    refused("0 0 0 * *", "the day of month 0 is out of range", "The day of month takes 1-31.")
    refused("0 0 1-32 * *", "the day of month 32 is out of range", "The day of month takes 1-31.")
    refused("0 0 1 13 *", "the month 13 is out of range", "The month takes 1-12 or JAN-DEC.")
    refused("0 0 * * 7", "the day of week 7 is out of range", "The day of week takes 0-6 or SUN-SAT, Sunday is 0.")
  end)

  it("is refused with the part that is no value", function()
    local day = "The day of week takes 0-6 or SUN-SAT, Sunday is 0, *, lists (1,2), ranges (1-5) and steps (*/5)."
    local minute = "The minute takes 0-59, *, lists (1,2), ranges (1-5) and steps (*/5)."
    refused("0 9 * * MONDAY", 'the day of week cannot be "MONDAY"', day)
    refused("0 9 * * JAN", 'the day of week cannot be "JAN"', day)
    refused("0 9 * * 5L", 'the day of week cannot be "5L"', day)
    refused("x * * * *", 'the minute cannot be "x"', minute)
    refused("-5 * * * *", 'the minute cannot be "-5"', minute)
    refused("1,,2 * * * *", 'the minute cannot be ""', minute)
    refused("1-2-3 * * * *", 'the minute cannot be "1-2-3"', minute)
    refused("1/2/3 * * * *", 'the minute cannot be "1/2/3"', minute)
  end)

  it("is refused with a step that steps nowhere, and a range that runs backwards", function()
    local step = "A step is written */5, 10-20/2 or 3/10."
    refused("*/0 * * * *", 'the step "0" of the minute is no number above 0', step)
    refused("*/x * * * *", 'the step "x" of the minute is no number above 0', step)
    refused("*/ * * * *", 'the step "" of the minute is no number above 0', step)
    refused("0 22-5 * * *", "the range 22-5 of the hour runs backwards", "Write two ranges: 22-23,0-5 for 22-5.")
    refused("0 9 * * FRI-MON", "the range FRI-MON of the day of week runs backwards", "Write two ranges: 22-23,0-5 for 22-5.")
  end)

  it("is refused with another number of fields", function()
    local shape = "Five fields: minute hour day-of-month month day-of-week, or six with seconds first; or @daily, @every 1h."
    refused("* * * *", "it has 4 fields, not 5 or 6", shape)
    refused("0 0 0 1 1 * 2027", "it has 7 fields, not 5 or 6", shape)
    refused("daily", "it has 1 field, not 5 or 6", shape)
    refused("TZ=UTC", "it has 0 fields, not 5 or 6", shape)
    outputs.has(try "   ".text, "it has 0 fields")
    outputs.has(try("").text, '"expression"')
  end)

  it("is refused when it would never fire", function()
    for _, expression in ipairs { "0 0 30 2 *", "0 0 31 4,6,9,11 ?" } do
      refused(expression, "no such day of month is in any such month: it would never fire",
        "Check the day of month against the month.")
    end
  end)

  it("is refused with another word, another duration, or what is no zone", function()
    local words = "There are @yearly @annually @monthly @weekly @daily @midnight @hourly and @every 1h."
    refused("@dayly", "there is no word @dayly", "Did you mean @daily? " .. words)
    refused("@every", "there is no word @every", words)
    refused("@Daily", "there is no word @Daily", "Did you mean @daily? " .. words)
    local duration = "Write hours, minutes and seconds: @every 1h30m; a day is 24h."
    for _, text in ipairs { "1d", "0s", "500ms", "-1h", "1", "1h 30m" } do
      refused("@every " .. text, ("%q is no duration of a second or more"):format(text), duration)
    end
    refused("CRON_TZ= 0 6 * * *", '"" is no time zone', "Write one as CRON_TZ=Europe/Berlin before the fields.")
    refused("TZ=+02:00 0 6 * * *", '"+02:00" is no time zone', "Write one as CRON_TZ=Europe/Berlin before the fields.")
  end)
end)
