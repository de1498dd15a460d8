-- The tools that draw, and what they draw with (hatchway.svg, hatchet.pictures).
local cjson = require "cjson"
local answers = require "tests.support.answers"
local outputs = require "tests.support.outputs"
local packs = require "tests.support.packs"
local pictures = require "tests.support.pictures"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local call, play = pictures.call, tenant.play

local ORDER = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"     -- order-fulfillment: charge was tried three times and failed
local CATALOG = "799dda5c-5d86-4753-a056-a0bfa557b4a0"   -- import-catalog: started six runs
local TRANSCODE = "5ed04c33-04a3-4a26-a331-076d16983d74" -- video-transcode: queued
local REPORT = "7a4b070c-6e9d-4f51-8464-a5f718a23d93"    -- generate-report: runs
local BEAT = "8adf91d6-2b86-4d13-a896-bfb03c2e591f"      -- heartbeat: one task
local CHARGE = "11f1be2e-0816-422d-8108-6ad5e782526b"    -- a task of ORDER
local HEARTBEAT = "c14de21d-222a-4dec-b3c8-7633f791fc01" -- the workflow
local NOBODY = "00000000-0000-4000-8000-000000000000"
local RUNS = "/api/v1/stable/workflow-runs/"

local function recorded(cassette, path, query)
  return cjson.decode(assert(recordings.find({ cassette }, "GET", path, query or ""), path).body)
end

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

local EMPTY = "an empty list" -- which the encoder does not have

-- A server that answers each path that ends so; a number is a status.
local function serve(by_path)
  return tenant.serve(function(exchange)
    for tail, value in pairs(by_path) do
      if exchange.path:sub(-#tail) == tail then
        if type(value) == "number" then return answers.plain(value, '{"errors":[{"description":"not now"}]}')(exchange) end
        return answers.plain(200, (cjson.encode(value):gsub(('"%s"'):format(EMPTY), "[]")))(exchange)
      end
    end
    answers.plain(500, "{}")(exchange)
  end)
end

-- How many requests a test server got for paths that end so.
local function asked(engine, tail)
  local sum = 0
  for _, request in ipairs(engine.requests) do
    if request.path:sub(-#tail) == tail then sum = sum + 1 end
  end
  return sum
end

local function uuid(index)
  return ("%08x-0000-4000-8000-000000000000"):format(index)
end

local AT = "2026-11-21T06:10:%02d.%03dZ"

-- A row of task timings.
local function timing(index, fields)
  local row = {
    taskExternalId = uuid(index), taskDisplayName = "page-1795241294601", status = "COMPLETED", depth = 1, attempt = 1,
    taskInsertedAt = AT:format(1, 0), queuedAt = AT:format(1, 0), startedAt = AT:format(2 + index % 40, 0),
    finishedAt = AT:format(4 + index % 40, 0),
  }
  for key, value in pairs(fields or {}) do row[key] = value end
  return row
end

-- The run of the recording with these timings, or these steps.
local function run_with(changes)
  local run = recorded("details", RUNS .. CATALOG)
  for key, value in pairs(changes) do run[key] = value end
  return run
end

local function serve_timings(rows, run)
  return serve { ["/task-timings"] = { rows = rows }, ["/task-events"] = { rows = EMPTY }, [CATALOG] = run or run_with {} }
end

describe("hatchway.svg", function()
  -- What an expression gives in the sandbox.
  local function ask(code)
    local s = packs.start { ["tools/x.lua"] = ([[
local svg = require "hatchway.svg"
tool "x" { title = "X", about = "X.", access = "read", run = function() return { value = %s } end }
]]):format(code) }
    local result = s:call "x"
    assert.is_nil(result.isError, s:text(result))
    return result.structuredContent.value
  end

  it("escapes markup, and takes out what XML cannot hold and what turns text round", function()
    assert.equal("&lt;/text&gt;&lt;script&gt; &amp;amp; &quot;a&#39;b", ask [[svg.escape "</text><script> &amp; \"a'b"]])
    assert.equal("a\u{FFFD}b\u{FFFD}c\u{FFFD}", ask [[svg.escape "a\0b\27c\127"]])
    assert.equal("\u{FFFD}\u{FFFD}é\u{FFFD}", ask [[svg.escape "\xff\xc3é\u{FFFE}"]])
    assert.equal("\u{FFFD}evil\u{FFFD} مرحبا \u{FFFD}", ask [[svg.escape "\u{202E}evil\u{2069} مرحبا \u{200F}"]])
    assert.equal("one line", ask [[svg.escape " one\n\t line "]])
  end)

  it("writes elements, their attributes in order, numbers in short", function()
    assert.equal([[<rect class="a&quot;b" width="1.23" x="0" y="-2"/>]],
      ask [[svg.element("rect", { x = -0.001, y = -2, width = 1.2345, class = 'a"b' })]])
    assert.equal("<g><title>a &lt; b</title></g>", ask [[svg.element("g", {}, svg.element("title", {}, svg.escape "a < b"))]])
    assert.equal([[<text class="small" x="1" y="2">wide…</text>]],
      ask [[svg.text(1, 2, "wide text", { class = "small", max = 43 })]])
  end)

  it("measures text: narrow, wide, East Asian, joined", function()
    assert.same({ true, true, true, true }, ask [[{ svg.width("iii", 10) < svg.width("WWW", 10) / 3, svg.width("日本", 10) == 20,
      svg.width("e\u{301}", 10) == svg.width("e", 10), svg.width("abc", 20) == 2 * svg.width("abc", 10) }]])
    assert.same({ "short", "…", "日…" }, ask [[{ svg.fit("short", 13, 100), svg.fit("short", 13, 14), svg.fit("日本語", 13, 30) }]])
  end)

  it("finds round numbers", function()
    assert.same({ { 0, 1 }, { 0, 1 }, { 0, 5, 10 }, { 0, 10, 20, 30, 40 }, { 0, 500, 1000, 1500 } },
      ask "{ svg.ticks(0, 4), svg.ticks(1, 4), svg.ticks(9, 2), svg.ticks(40, 4), svg.ticks(1234, 3) }")
    assert.same({ 1, 0.05, 10, 60, 900, 3600, 86400, 172800 },
      ask [[{ svg.steps(0, 7), svg.steps(0.3, 7), svg.steps(48, 7), svg.steps(400, 7),
      svg.steps(5000, 7), svg.steps(20000, 7), svg.steps(500000, 7), svg.steps(1000000, 7) }]])
    assert.same({ 10, 60, 110, 10 },
      ask [[{ svg.scale(0, 100, 10, 110)(0), svg.scale(0, 100, 10, 110)(50), svg.scale(0, 100, 10, 110)(100),
      svg.scale(5, 5, 10, 110)(5) }]])
  end)
end)

describe("draw_run_timeline", function()
  it("gives numbers, words and a picture for people", function()
    local found = call(play "details", "draw_run_timeline", { workflow_run_id = BEAT })
    assert.same({
      workflowRunId = BEAT, workflowName = "heartbeat", status = "COMPLETED", startedAt = "2026-11-21T06:29:00.006314Z",
      durationMs = 67, taskCount = 1, rows = { {
        task = "heartbeat", status = "COMPLETED", depth = 0, attempts = 1, waitedMs = 47, ranMs = 20,
        startedAt = "2026-11-21T06:29:00.053145Z", finishedAt = "2026-11-21T06:29:00.073473Z", taskExternalId = BEAT,
      } },
    }, found.data)
    assert.equal("heartbeat: completed after 67ms, 1 task: 1 completed. Longest: heartbeat ran 20ms. "
      .. "Longest wait: heartbeat, 47ms.", found.words)
    local kinds = {}
    for index, block in ipairs(found.blocks) do kinds[index] = block.type end
    assert.same({ "text", "text", "image", "resource_link" }, kinds)
    local image = found.blocks[3]
    assert.same({ "image/svg+xml", { audience = { "user" } } }, { image.mimeType, image.annotations })
  end)

  it("draws a small run exactly so", function()
    local check = '<circle class="done" cx="6" cy="6" r="6"/><path class="sign" d="M3.4 6.3 5.3 8.2 8.7 4.4"/></g>'
    local grid = {}
    for index, x in ipairs { 320.705, 401.411, 482.116, 562.822, 643.527, 724.233 } do
      grid[index] = ('<path class="grid-line" d="M%.1f 102V128"/>'
        .. '<text class="small quiet middle" x="%s" y="94">%d0ms</text>'):format(
        x, ("%.2f"):format(x - 0.005):gsub("0$", ""), index)
    end
    local expected = '<rect class="paper" height="173" rx="8" width="959" x="0.5" y="0.5"/>'
      .. '<rect class="edge-line" height="173" rx="8" width="959" x="0.5" y="0.5"/>\n'
      .. '<g transform="translate(20 21) scale(1.25)"><g transform="translate(0 0)">' .. check .. "</g>"
      .. '<text class="large text" x="44" y="35">heartbeat</text>'
      .. '<text class="quiet" x="20" y="57">completed after 67ms, 1 task: 1 completed · 2026-11-21 06:29:00 UTC</text>\n'
      .. '<text class="small quiet end" x="866" y="94">waited</text><text class="small quiet end" x="940" y="94">ran</text>'
      .. '<path class="grid-line" d="M240.0 102V128"/><text class="small quiet" x="240" y="94">0</text>'
      .. table.concat(grid) .. "\n"
      .. '<g class="mark"><title>heartbeat: completed. Waited 47ms, ran 20ms.</title>'
      .. '<rect class="hit" height="26" width="944" x="8" y="102"/><g transform="translate(20 109)">' .. check
      .. '<text class="text" x="40" y="119.5">heartbeat</text>'
      .. '<rect class="wait" height="6" rx="2" width="377.94" x="240" y="112"/>'
      .. '<rect class="done" height="14" rx="2" width="163.46" x="617.94" y="108"/>'
      .. '<text class="small quiet end" x="866" y="119.5">47ms</text>'
      .. '<text class="small text end" x="940" y="119.5">20ms</text></g>\n'
      .. '<rect class="wait" height="10" rx="2" width="12" x="20" y="147"/>'
      .. '<text class="small quiet" x="38" y="156">waiting</text>'
      .. '<rect class="done" height="10" rx="2" width="12" x="96.13" y="147"/>'
      .. '<text class="small quiet" x="114.13" y="156">completed</text>\n'
    local drawn = pictures.body(call(play "details", "draw_run_timeline", { workflow_run_id = BEAT }).svg)
    -- the labels of the axis lie on halves of hundredths
    local function rough(text) return (text:gsub('x="(%d+%.%d)%d*" y="94"', 'x="%1" y="94"')) end
    assert.equal(rough(expected), rough(drawn))
  end)

  it("follows the viewer in light and dark, or is fixed", function()
    local s = play "details"
    local function head(theme)
      return call(s, "draw_run_timeline", { workflow_run_id = BEAT, theme = theme }).svg:match "<style>(.*)</style>"
    end
    local auto, light, dark = head(nil), head "light", head "dark"
    assert.truthy(auto:find("svg{--paper:#ffffff;", 1, true))
    assert.truthy(auto:find("@media (prefers-color-scheme: dark){svg{--paper:#0d1117;", 1, true))
    assert.truthy(auto:find(".done{fill:#2da44e;fill:var(--done)}", 1, true))
    assert.is_nil(light:find "@media" or dark:find "@media")
    assert.truthy(light:find("svg{--paper:#ffffff;", 1, true))
    assert.truthy(dark:find("svg{--paper:#0d1117;", 1, true))
    assert.truthy(dark:find(".done{fill:#3fb950;fill:var(--done)}", 1, true))
    assert.equal(head "auto", auto)
  end)

  it("draws each attempt, the failed ones paler, and tells of them", function()
    local found = call(play "details", "draw_run_timeline", { workflow_run_id = ORDER })
    local charge = found.data.rows[3]
    assert.same({ "charge", "FAILED", 3, 4427, 642 },
      { charge.task, charge.status, charge.attempts, charge.waitedMs, charge.ranMs })
    local drawn = found.svg:match "<g class=\"mark\"><title>charge.-\n"
    assert.same({ 3, 2, 1 }, { count(drawn, '"wait"'), count(drawn, '"retry"'), count(drawn, '<rect class="fail"') })
    assert.truthy(drawn:find(">×3</text>", 1, true))
    assert.equal("order-fulfillment: failed after 5.4s, 6 tasks: 3 completed, 1 failed, 2 cancelled. "
      .. "charge failed after 3 attempts. Longest: charge ran 642ms. Longest wait: charge, 4.4s.", found.words)
    local ship = found.data.rows[5]
    assert.same({ "ship", "CANCELLED", 22, 0 }, { ship.task, ship.status, ship.waitedMs, ship.ranMs })
    assert.is_nil(ship.startedAt)
  end)

  it("draws the last of very many attempts, and counts all", function()
    local run, timings = recorded("details", RUNS .. ORDER), recorded("details", RUNS .. ORDER .. "/task-timings")
    local events = {}
    for attempt = 300, 1, -1 do
      local function add(kind, second)
        local at = ("2026-11-21T06:10:%09.6fZ"):format(second)
        table.insert(events, { taskId = CHARGE, attempt = attempt, eventType = kind, timestamp = at })
      end
      local second = 3 + attempt / 100
      add("FAILED", second + 0.004)
      add("STARTED", second)
    end
    timings.rows[3].attempt = 300
    local s = serve { ["/task-timings"] = timings, ["/task-events"] = { rows = events }, [ORDER] = run }
    local found = call(s, "draw_run_timeline", { workflow_run_id = ORDER })
    local charge = found.data.rows[3]
    assert.same({ 300, 299 * 4 + 1742 }, { charge.attempts, charge.ranMs })
    assert.is_true(count(found.svg:match "<title>charge.-\n", "<rect") <= 31)
  end)

  it("takes a task of a run for the run", function()
    local s = serve {
      ["/workflow-runs/" .. CHARGE] = 404, ["/tasks/" .. CHARGE] = recorded("details", "/api/v1/stable/tasks/" .. CHARGE),
      ["/workflow-runs/" .. ORDER] = recorded("details", RUNS .. ORDER), ["/task-events"] = { rows = EMPTY },
      ["/task-timings"] = recorded("details", RUNS .. ORDER .. "/task-timings"),
    }
    for _, tool in ipairs { "draw_run_timeline", "draw_run_graph" } do
      assert.equal(ORDER, call(s, tool, { workflow_run_id = CHARGE }).data.workflowRunId)
    end
  end)

  it("is coarser when the events cannot be had", function()
    local run, timings = recorded("details", RUNS .. ORDER), recorded("details", RUNS .. ORDER .. "/task-timings")
    local s = serve { ["/task-timings"] = timings, ["/task-events"] = 404, [ORDER] = run }
    local found = call(s, "draw_run_timeline", { workflow_run_id = ORDER })
    local charge = found.data.rows[3]
    assert.same({ 3, 1069, 3999 }, { charge.attempts, charge.waitedMs, charge.ranMs })
    assert.equal(1, count(found.svg:match "<title>charge.-\n", '"retry"'))
  end)

  it("has children under the run that started them, as deep as was asked", function()
    local s = play "details"
    local found = call(s, "draw_run_timeline", { workflow_run_id = CATALOG })
    local depths = {}
    for index, row in ipairs(found.data.rows) do depths[index] = row.depth end
    assert.same({ 0, 1, 1, 1, 1, 1, 1 }, depths)
    assert.equal(6, count(found.svg, "<title>import%-page: completed"))
    assert.equal(1, call(s, "draw_run_timeline", { workflow_run_id = CATALOG, depth = 0 }).data.taskCount)
  end)

  it("ends at now for a run that goes on", function()
    local queued = call(play("details", "overview"), "draw_run_timeline", { workflow_run_id = TRANSCODE })
    assert.same({ "QUEUED", 0 }, { queued.data.rows[1].status, queued.data.rows[1].ranMs })
    assert.truthy(queued.words:find "^video%-transcode: queued for 20m")
    assert.truthy(queued.svg:find(">now</text>", 1, true))
    local running = call(play("details", "overview"), "draw_run_timeline", { workflow_run_id = REPORT })
    assert.truthy(running.svg:find('<rect class="run"', 1, true))
    assert.is_nil(call(play "details", "draw_run_timeline", { workflow_run_id = BEAT }).svg:find(">now</text>", 1, true))
  end)

  it("sums up what is beyond forty lines, failures first", function()
    local rows = { timing(0, {
      depth = 0, taskDisplayName = "import-1795241294601", startedAt = AT:format(1, 500), finishedAt = AT:format(50, 0),
    }) }
    for index = 1, 1500 do rows[#rows + 1] = timing(index, { status = index % 300 == 7 and "FAILED" or nil }) end
    local found = call(serve_timings(rows), "draw_run_timeline", { workflow_run_id = CATALOG })
    assert.same({ 1501, 4 }, { found.data.taskCount, #found.data.rows })
    for index = 2, 4 do assert.equal("FAILED", found.data.rows[index].status) end
    assert.same({ {
      task = "page", count = 1497, statuses = "1,495 completed, 2 failed", medianWaitedMs = 20000, medianRanMs = 2000,
    } }, found.data.rest)
    assert.truthy(found.svg:find("1,497 more page: 1,495 completed, 2 failed; up to 76 at once.", 1, true))
    assert.truthy(found.words:find("1,501 tasks: 1,496 completed, 5 failed. page failed 5 times.", 1, true))
    assert.is_true(#found.svg < 12000)
  end)

  it("sums up the rest where each task has a name of its own", function()
    local rows = {}
    for index = 1, 200 do rows[index] = timing(index, { taskDisplayName = "task-" .. index, depth = 0 }) end
    local s, engine = serve_timings(rows)
    local found = call(s, "draw_run_timeline", { workflow_run_id = CATALOG })
    assert.equal(0, asked(engine, "/task-events")) -- nothing was tried again
    assert.same({ 39, 161 }, { #found.data.rows, found.data.rest[1].count })
    assert.is_nil(found.data.rest[1].task)
    assert.truthy(found.svg:find(">other tasks</text>", 1, true))
  end)

  it("draws no foreign text as anything but text", function()
    local names = {
      "</text><script>alert(1)</script>", [[a"b'c & <d> ]].. "]]>", "nul\0\27[31m", "\u{202E}live\u{202C}", "مرحبا",
      ("x"):rep(5000),
    }
    local rows, steps = {}, {}
    for index, name in ipairs(names) do
      rows[index] = timing(index, { taskDisplayName = name, status = "FAILED" })
      steps[index] = {
        stepId = uuid(100 + index), taskExternalId = uuid(index), taskName = name, childrenStepIds = { uuid(101 + index) },
      }
    end
    local run = run_with { workflowConfig = { Name = names[1] .. names[4] }, shape = steps, tasks = EMPTY }
    local s = serve_timings(rows, run)
    for _, tool in ipairs { "draw_run_timeline", "draw_run_graph" } do
      local svg = call(s, tool, { workflow_run_id = CATALOG }).svg
      assert.truthy(svg:find("&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;\u{FFFD}live\u{FFFD}", 1, true))
      assert.truthy(svg:find("a&quot;b&#39;c &amp; &lt;d&gt; ]]&gt;", 1, true))
      assert.truthy(svg:find("nul\u{FFFD}\u{FFFD}[31m", 1, true))
      assert.truthy(svg:find("مرحبا", 1, true))
      assert.is_nil(svg:find(("x"):rep(60) .. "…?</text>"))
      assert.is_nil(svg:find(("x"):rep(801), 1, true))
      assert.is_nil(svg:find("<title>" .. ("x"):rep(301), 1, true))
    end
  end)

  it("says what is wrong with what was asked", function()
    local s = play "errors"
    local failure = outputs.refused(s, "draw_run_timeline", { workflow_run_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.kind, failure.status })
    assert.truthy(failure.hint:find("list_runs", 1, true))
    for _, arguments in ipairs {
      {}, { workflow_run_id = "last" }, { workflow_run_id = BEAT, depth = 11 }, { workflow_run_id = BEAT, depth = -1 },
      { workflow_run_id = BEAT, theme = "blue" },
    } do
      assert.equal("invalid_arguments", outputs.refused(s, "draw_run_timeline", arguments).code)
    end
    failure = outputs.refused(serve_timings(EMPTY), "draw_run_timeline", { workflow_run_id = CATALOG })
    assert.equal("not_found", failure.kind)
    assert.truthy(failure.text:find("nothing to draw", 1, true))
  end)
end)

describe("draw_run_graph", function()
  it("draws a run: what ran after what, and how it went", function()
    local found = call(play "details", "draw_run_graph", { workflow_run_id = ORDER })
    local rows = {}
    for index, row in ipairs(found.data.rows) do
      rows[index] = { row.task, row.detail, table.concat(row.parents or {}, "+"), row.onFailure }
    end
    assert.same({
      { "validate", "completed in 51ms", "" }, { "charge", "failed after 3 attempts", "validate" },
      { "reserve", "completed in 306ms", "validate" }, { "ship", "cancelled", "charge+reserve" },
      { "notify", "cancelled", "ship" }, { "refund-on-failure", "completed in 8ms", "", true },
    }, rows)
    assert.equal("order-fulfillment: failed after 5.4s, 6 tasks: 3 completed, 1 failed, 2 cancelled. "
      .. "charge failed after 3 attempts. Order: validate → reserve, validate → charge, charge → ship, reserve → ship, "
      .. "ship → notify. On a failure: refund-on-failure.", found.words)
    assert.equal(5, count(found.svg, '<path class="quiet%-line"'))
    assert.truthy(found.svg:find('class="quiet-line dashed"', 1, true))
  end)

  it("draws a workflow, by name or id", function()
    local s = play "overview"
    local found = call(s, "draw_run_graph", { workflow_id = "order-fulfillment" })
    assert.same({ task = "charge", detail = "2 retries · time-out 1m", parents = { "validate" }, retries = 2 },
      found.data.rows[2])
    assert.equal("order-fulfillment", found.data.workflowName)
    assert.truthy(found.words:find("workflow of 6 tasks", 1, true))
    assert.equal("heartbeat", call(s, "draw_run_graph", { workflow_id = HEARTBEAT }).data.workflowName)
  end)

  it("draws a workflow of one task exactly so", function()
    local found = call(play "overview", "draw_run_graph", { workflow_id = "heartbeat" })
    assert.equal('<rect class="paper" height="155" rx="8" width="719" x="0.5" y="0.5"/>'
      .. '<rect class="edge-line" height="155" rx="8" width="719" x="0.5" y="0.5"/>\n'
      .. '<text class="large text" x="20" y="35">heartbeat</text><text class="quiet" x="20" y="57">workflow of 1 task</text>\n'
      .. '<g class="mark"><title>heartbeat: time-out 1m</title><rect class="hit" height="52" width="176" x="272" y="82"/>'
      .. '<rect class="paper" height="52" rx="6" width="176" x="272" y="82"/>'
      .. '<rect class="edge-line" height="52" rx="6" width="176" x="272" y="82"/>'
      .. '<rect class="quiet" height="36" rx="1.5" width="3" x="272" y="90"/>'
      .. '<text class="text strong" x="286" y="104">heartbeat</text>'
      .. '<text class="small quiet" x="286" y="122">time-out 1m</text></g>\n', pictures.body(found.svg))
  end)

  -- A run of these steps: { name, status, { indices of those that follow } }.
  local function graph_of(list)
    local steps, tasks = {}, {}
    for index, step in ipairs(list) do
      local children = {}
      for at, child in ipairs(step[3] or {}) do children[at] = uuid(10000 + child) end
      steps[index] = {
        stepId = uuid(10000 + index), taskExternalId = uuid(index), taskName = step[1],
        childrenStepIds = #children > 0 and children or cjson.null,
      }
      if step[2] then
        tasks[#tasks + 1] = {
          taskExternalId = uuid(index), status = step[2], attempt = 1, duration = 1200, displayName = step[1], metadata = {},
        }
      end
    end
    local run = run_with {
      shape = steps, tasks = #tasks > 0 and tasks or EMPTY, workflowConfig = { Name = "graph", Tasks = cjson.null },
    }
    return call(serve { [CATALOG] = run }, "draw_run_graph", { workflow_run_id = CATALOG })
  end

  it("leads a line past the layers that it spans", function()
    local found = graph_of { { "a", "COMPLETED", { 2, 3 } }, { "b", "RUNNING", { 3 } }, { "c" } }
    assert.truthy(found.words:find("3 tasks: 1 completed, 1 running, 1 not started. Order: a → b, a → c, b → c.", 1, true))
    -- two curves with a straight piece between them, the width of a node
    assert.equal(1, count(found.svg, 'd="M[%d.]+ [%d.]+C[%d. ]+H[%d.]+C[%d. ]+"'))
    assert.equal("not started", found.data.rows[3].detail)
  end)

  it("draws what leads back to itself once", function()
    local found = graph_of { { "a", "COMPLETED", { 2 } }, { "b", "COMPLETED", { 3 } }, { "c", "COMPLETED", { 2 } } }
    assert.equal(3, #found.data.rows)
  end)

  it("draws many tasks with the same neighbours as one, failures apart", function()
    local list = { { "split", "COMPLETED", {} } }
    for index = 2, 301 do
      list[index] = { "shard", (index == 9 or index == 99) and "FAILED" or "COMPLETED", { 302 } }
      table.insert(list[1][3], index)
    end
    list[302] = { "merge", nil }
    local found = graph_of(list)
    local names = {}
    for index, row in ipairs(found.data.rows) do names[index] = row.task .. " " .. row.detail end
    assert.same({
      "split completed in 1.2s", "shard completed in 1.2s", "shard failed after 1.2s", "shard failed after 1.2s",
      "merge not started", "+297 more 297 completed",
    }, names)
    assert.equal(297, found.data.rows[6].count)
    assert.is_nil(found.data.note)
  end)

  it("stays small where everything leads to everything", function()
    local list = {}
    for index = 1, 60 do
      list[index] = { ("<"):rep(400), "FAILED", {} }
      for to = index + 1, 60 do table.insert(list[index][3], to) end
    end
    local found = graph_of(list)
    assert.truthy(found.data.note:find "^46 more tasks")
    list = {}
    for index = 1, 60 do
      list[index] = { ("'"):rep(400) .. index, "FAILED", {} }
      for to = 1, index <= 30 and 30 or 0 do
        if to ~= index then table.insert(list[index][3], 30 + to) end
      end
    end
    found = graph_of(list)
    assert.truthy(found.data.note:find "more lines not drawn%.$")
  end)

  it("says how many tasks are not drawn", function()
    local list = {}
    for index = 1, 100 do list[index] = { "link", nil, { index < 100 and index + 1 or nil } } end
    local found = graph_of(list)
    assert.same({ 14, "86 more tasks not drawn." }, { #found.data.rows, found.data.note })
    assert.truthy(found.svg:find("86 more tasks not drawn.", 1, true))
    assert.is_true(#found.svg < 20000)
  end)

  it("says what is wrong with what was asked", function()
    local s = play("overview", "errors")
    assert.truthy(outputs.refused(s, "draw_run_graph", {}).text:find("is needed", 1, true))
    local both = outputs.refused(s, "draw_run_graph", { workflow_run_id = ORDER, workflow_id = "heartbeat" })
    assert.truthy(both.text:find("cannot be combined", 1, true))
    local failure = outputs.refused(s, "draw_run_graph", { workflow_id = "no-such-workflow" })
    assert.equal("not_found", failure.kind)
    assert.truthy(failure.hint:find("list_workflows", 1, true))
    failure = outputs.refused(s, "draw_run_graph", { workflow_id = NOBODY })
    assert.equal("not_found", failure.kind)
    assert.truthy(failure.hint:find("list_workflows", 1, true))
    assert.truthy(outputs.refused(s, "draw_run_graph", { workflow_run_id = NOBODY }).hint:find("list_runs", 1, true))
    assert.equal("invalid_arguments", outputs.refused(s, "draw_run_graph", { workflow_id = "" }).code)
    failure = outputs.refused(serve { [CATALOG] = run_with { shape = EMPTY } }, "draw_run_graph", { workflow_run_id = CATALOG })
    assert.truthy(failure.text:find("nothing to draw", 1, true))
  end)
end)

describe("draw_tenant", function()
  it("draws counts, outcomes, failures and what waits", function()
    local found = call(play "overview", "draw_tenant", { since = "1h" })
    assert.same({
      { task = "video-transcode", queued = 6, running = 0, oldestWaitingMs = found.data.queues[1].oldestWaitingMs },
      { task = "render", queued = 3, running = 2, oldestWaitingMs = found.data.queues[2].oldestWaitingMs },
      { task = "refund-approval", queued = 0, running = 1 },
    }, found.data.queues)
    assert.equal(1232, found.data.queues[1].oldestWaitingMs // 1000)
    local runs = found.data.runs
    assert.same({ 62, 12, 3, 5, 9 }, { runs.completed, runs.failed, runs.cancelled, runs.running, runs.queued })
    assert.equal(23, #found.data.outcomes)
    assert.same({ since = "2026-11-21T06:08:00Z", ["until"] = "2026-11-21T06:09:00Z", succeeded = 31, failed = 9 },
      found.data.outcomes[2])
    assert.equal("Runs: 62 completed, 12 failed, 3 cancelled, 5 running, 9 queued. "
      .. "Most failures: 9 of 40 from 2026-11-21 06:08:00 UTC on. "
      .. "9 tasks waiting, the oldest 20m 32s in video-transcode.", found.words)
    assert.truthy(found.svg:find("21 Nov 06:08 to 06:09 UTC: 31 succeeded, 9 failed", 1, true))
    assert.truthy(found.svg:find(">16 % of ended</text>", 1, true))
  end)

  it("draws a tenant in which nothing ever happened", function()
    local found = call(play "empty", "draw_tenant")
    assert.equal("No runs. Nothing waits.", found.words)
    assert.same({ 0, 0 }, { #found.data.outcomes, #found.data.queues })
    assert.truthy(found.svg:find("Nothing waits and nothing runs.", 1, true))
  end)

  -- A tenant with these answers.
  local function busy(changes)
    local by_path = {
      ["/task-point-metrics"] = { results = { { time = "2026-11-21T06:00:00Z", SUCCEEDED = 5, FAILED = 1 } } },
      ["/task-metrics"] = recorded("overview",
        "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/task-metrics", "since=now"),
      ["/task-stats"] = {}, ["/step-run-queue-metrics"] = { queues = { ["a:b"] = 7, c = 9 } },
    }
    for key, value in pairs(changes) do by_path[key] = value end
    return serve(by_path)
  end

  it("shows the depth of the queues when the engine tells no more", function()
    local s, engine = busy { ["/task-stats"] = 429 }
    local found = call(s, "draw_tenant")
    assert.equal(1, asked(engine, "/task-stats"))
    assert.same({ { task = "c", queued = 9 }, { task = "a:b", queued = 7 } }, found.data.queues)
    assert.truthy(found.data.note:find("no more than the depth", 1, true))
    assert.truthy(found.svg:find("no more than the depth", 1, true))
  end)

  it("draws twelve queues, and says what is beyond", function()
    local stats = {}
    for index = 1, 30 do stats["task-" .. index] = { queued = { total = index, oldest = "2026-11-21T06:00:00Z" } } end
    local found = call(busy { ["/task-stats"] = stats }, "draw_tenant")
    assert.same({ 12, "task-30", "18 more, with 171 waiting" },
      { #found.data.queues, found.data.queues[1].task, found.data.note })
    assert.truthy(found.svg:find("18 more, with 171 waiting", 1, true))
  end)

  it("adds up where there are many points", function()
    local points = {}
    for index = 0, 2229 do
      points[#points + 1] = { time = os.date("!%Y-%m-%dT%H:%M:%SZ", 1600000000 + index * 86400), SUCCEEDED = 2, FAILED = 1 }
    end
    local found = call(busy { ["/task-point-metrics"] = { results = points } }, "draw_tenant", { since = "2020-09-13" })
    assert.same({ 93, 48, 24 }, { #found.data.outcomes, found.data.outcomes[1].succeeded, found.data.outcomes[1].failed })
    local sum = 0
    for _, bin in ipairs(found.data.outcomes) do sum = sum + bin.failed end
    assert.equal(2230, sum)
  end)

  it("says what is wrong with what was asked", function()
    local s = play "overview"
    assert.truthy(outputs.refused(s, "draw_tenant", { since = "+1h" }).text:find("not before until", 1, true))
    assert.equal("invalid_arguments", outputs.refused(s, "draw_tenant", { since = "soon" }).code)
    assert.equal("invalid_arguments", outputs.refused(s, "draw_tenant", { theme = "DARK" }).code)
  end)
end)
