-- Pictures: what is better seen than read.

local t, details, causes = require "hatchway.types", require "hatchet.details", require "hatchet.causes"
local events_of = require "hatchet.timeline"
local refusal = require "hatchet.refusal"
local style, spans = require "hatchet.pictures.style", require "hatchet.pictures.spans"
local nodes, load, answer = require "hatchet.pictures.nodes", require "hatchet.pictures.load", require "hatchet.pictures.answer"
local timeline, graph = require "hatchet.pictures.timeline", require "hatchet.pictures.graph"
local resolve, window, metrics = require "hatchet.resolve", require "hatchet.window", require "hatchet.metrics"

toolset "observability"

local PAGE = "ui://hatchet/picture"
local RUN = "/api/v1/stable/workflow-runs/{id}"
local time = hatchway.time

local function milliseconds(value)
  return value and math.floor(value * 1000 + 0.5)
end

local function length(from, to)
  return time.duration(math.floor(math.max(0, to - from) * 1000 + 0.5) / 1000)
end

local function clock(value)
  return time.format(math.floor(value)):gsub("T", " "):gsub("Z", " UTC")
end

-- --- a run over time -----------------------------------------------------------------------------------------------------------

-- The attempts of the tasks of the run itself, by task; only asked for when something was tried again. Without them the picture
-- is coarser.
local function attempts_of(run_id, timings)
  local again = false
  for _, row in ipairs(timings) do again = again or (row.attempt or 1) > 1 end
  local attempts = {}
  local by_task = events_of.by_task(again and hatchway.try(events_of.of, run_id) or {})
  for id, events in pairs(by_task) do attempts[id] = causes.attempts(events) end
  return attempts
end

local SPAN = { "task", "status", "depth", "attempts", "waitedMs", "ranMs", "startedAt", "finishedAt", "taskExternalId" }

local function span_rows(lines)
  local rows = json.array {}
  for _, line in ipairs(lines) do
    local span = line.span
    rows[#rows + 1] = span and json.object(SPAN, {
      task = span.name, status = span.status, depth = span.depth, attempts = span.attempts, waitedMs = milliseconds(span.waited),
      ranMs = milliseconds(span.ran), startedAt = span.started and time.format(span.started),
      finishedAt = span.finished and time.format(span.finished), taskExternalId = span.id,
    }) or nil
  end
  return rows
end

local function rest_rows(lines)
  local rows = json.array {}
  for _, line in ipairs(lines) do
    if line.rest then
      rows[#rows + 1] = json.object({ "task", "count", "statuses", "medianWaitedMs", "medianRanMs" }, {
        task = not line.mixed and line.rest[1].name or nil, count = #line.rest, statuses = style.words(spans.counts(line.rest)),
        medianWaitedMs = milliseconds(spans.median(line.rest, "waited")),
        medianRanMs = milliseconds(spans.median(line.rest, "ran")),
      })
    end
  end
  return #rows > 0 and rows or nil
end

local function longest(list, field)
  local found
  for _, span in ipairs(list) do
    if span[field] > (found and found[field] or 0) then found = span end
  end
  return found
end

-- A sentence for each name that failed.
local function failures_of(list)
  local sentences, places, counts = {}, {}, {}
  for _, span in ipairs(list) do
    if span.status == "FAILED" then
      local place = places[span.name] or #sentences + 1
      counts[span.name], places[span.name] = (counts[span.name] or 0) + 1, place
      local tries = span.attempts > 1 and (" after %d attempts"):format(span.attempts) or ""
      local times = counts[span.name] > 1 and (" %s times"):format(style.commas(counts[span.name])) or tries
      sentences[place] = ("%s failed%s."):format(span.name, times)
    end
  end
  return sentences
end

-- What the picture shows, in sentences.
local function words_of(name, head, list)
  local sentences = { ("%s: %s."):format(name, head) }
  table.move(failures_of(list), 1, 3, 2, sentences)
  local ran, waited = longest(list, "ran"), longest(list, "waited")
  if ran then sentences[#sentences + 1] = ("Longest: %s ran %s."):format(ran.name, length(0, ran.ran)) end
  if waited then sentences[#sentences + 1] = ("Longest wait: %s, %s."):format(waited.name, length(0, waited.waited)) end
  return table.concat(sentences, " ")
end

local function nothing_yet(run)
  refusal.unknown(("The run %s has no task yet: there is nothing to draw."):format(run.run.metadata.id),
    "get_run_status tells how far it is; try again in a moment.")
end

local function draw_run_timeline(args)
  local run = details.find(args.workflow_run_id)
  local id, status = run.run.metadata.id, run.run.status
  local timings = hatchet.get(RUN .. "/task-timings", { id = id, depth = args.depth > 0 and args.depth or nil }).rows
  if #timings == 0 then nothing_yet(run) end
  local now = time.now()
  local list = spans.of(timings, attempts_of(id, timings), now)
  local from, to = spans.window(list)
  local name = details.workflow_name(run) or spans.name(run.run.displayName)
  local head = ("%s %s %s, %s: %s"):format(status:lower(), details.ENDED[status] and "after" or "for", length(from, to),
    style.count(#list, "task"), style.words(spans.counts(list)))
  local lines = spans.lines(list, timeline.MOST)
  local words = words_of(name, head, list)
  local keys = { "workflowRunId", "workflowName", "status", "startedAt", "durationMs", "taskCount", "rows", "rest" }
  return answer.of(json.object(keys, {
    workflowRunId = id,
    workflowName = name,
    status = status,
    startedAt = time.format(from),
    durationMs = milliseconds(to - from),
    taskCount = #list,
    rows = span_rows(lines),
    rest = rest_rows(lines),
  }), words, timeline.draw {
    title = name,
    status = status,
    line = ("%s · %s"):format(head, clock(from)),
    about = words,
    spans = list,
    lines = lines,
    from = from,
    to = to,
    theme = args.theme,
    now = not details.ENDED[status] and now or nil,
  })
end

tool "draw_run_timeline" {
  title = "Draw Run Timeline",
  about = "Picture (SVG) of when each task of a run waited, ran, was retried and ended, children included; with the numbers and "
    .. "a summary.",
  access = "read",
  untrusted = true,
  cpu = 3000,
  ui = PAGE,
  link = { run = "workflowRunId" },
  input = {
    workflow_run_id = t.uuid "The run, or a task of it",
    depth = t.integer { "generations of children", min = 0, max = 10, default = 1 },
    theme = style.theme(),
  },
  output = t.object {
    fields = { workflowRunId = t.string {}, status = t.string {}, rows = t.list { required = true }, rest = t.list {} },
  },
  run = draw_run_timeline,
}

-- --- the graph of a run or a workflow ------------------------------------------------------------------------------------------

local NODE = {
  "task", "status", "detail", "parents", "attempts", "retries", "ranMs", "children", "count", "onFailure", "taskExternalId",
}

local function node_rows(found)
  local rows = json.array {}
  local function add(node, on_failure)
    rows[#rows + 1] = json.object(NODE, {
      task = node.name, status = node.status, detail = node.detail, parents = #node.parents > 0 and node.parents or nil,
      attempts = node.attempts, retries = node.retries, ranMs = node.ran, children = node.children, count = node.count,
      onFailure = on_failure, taskExternalId = node.id,
    })
  end
  for _, node in ipairs(found.nodes) do add(node) end
  if found.handler then add(found.handler, true) end
  return rows
end

local function node_words(name, head, found)
  local sentences = { ("%s: %s."):format(name, head) }
  for _, node in ipairs(found.nodes) do
    if node.status == "FAILED" and #sentences < 4 then sentences[#sentences + 1] = ("%s %s."):format(node.name, node.detail) end
  end
  local arrows = {}
  for index, edge in ipairs(found.edges) do
    if index > 12 then break end
    arrows[index] = ("%s → %s"):format(found.nodes[edge[1]].name, found.nodes[edge[2]].name)
  end
  if #arrows > 0 then
    sentences[#sentences + 1] = ("Order: %s%s."):format(table.concat(arrows, ", "), #found.edges > 12 and " …" or "")
  end
  if found.handler then sentences[#sentences + 1] = ("On a failure: %s."):format(found.handler.name) end
  return table.concat(sentences, " ")
end

local function left_out_of(tasks, lines)
  local list = {}
  if tasks > 0 then list[1] = style.count(tasks, "more task") end
  if lines > 0 then list[#list + 1] = style.count(lines, "more line") end
  return #list > 0 and table.concat(list, " and ") .. " not drawn." or nil
end

local function answer_graph(data, name, head, found, theme)
  local note = left_out_of(nodes.fold(found))
  local words = node_words(name, head, found)
  data.workflowName, data.rows, data.note = name, node_rows(found), note
  local keys = { "workflowRunId", "workflowId", "workflowName", "status", "rows", "note" }
  return answer.of(json.object(keys, data), words, graph.draw {
    title = name, status = data.status, line = head, about = words, nodes = found.nodes, edges = found.edges,
    handler = found.handler, note = note, theme = theme,
  })
end

-- " after 5s", " for 5s", or "" for a run that has not started.
local function lasted(run)
  if details.ENDED[run.status] then return run.duration and " after " .. time.duration(run.duration / 1000) or "" end
  return run.startedAt and " for " .. length(time.parse(run.startedAt), time.now()) or ""
end

local function draw_run(args)
  local run = details.find(args.workflow_run_id)
  local found = nodes.of_run(run)
  if #run.shape == 0 then nothing_yet(run) end
  local status = run.run.status
  local words, waiting = { style.words(spans.counts(run.tasks)) }, #run.shape - #run.tasks
  if words[1] == "" then words[1] = nil end
  if waiting > 0 then words[#words + 1] = style.commas(waiting) .. " not started" end
  local head = ("%s%s, %s: %s"):format(
    status:lower(), lasted(run.run), style.count(#run.shape, "task"), table.concat(words, ", "))
  local name = details.workflow_name(run) or spans.name(run.run.displayName)
  return answer_graph({ workflowRunId = run.run.metadata.id, status = status }, name, head, found, args.theme)
end

local function draw_workflow(args)
  local id, name = resolve.workflow(args.workflow_id)
  local version = refusal.explained("list_workflows shows those of this tenant, with their ids.", hatchet.get,
    "/api/v1/workflows/{id}/versions", { id = id })
  local found = nodes.of_version(version)
  name = name or version.workflow and version.workflow.name or version.workflowConfig.Name
  local count = #found.nodes + (found.handler and 1 or 0)
  return answer_graph({ workflowId = id }, name, ("workflow of %s"):format(style.count(count, "task")), found, args.theme)
end

local function draw_run_graph(args)
  if (args.workflow_run_id == nil) == (args.workflow_id == nil) then
    refusal.invalid(args.workflow_id and "workflow_run_id and workflow_id cannot be combined."
      or "workflow_run_id or workflow_id is needed.",
      "Give workflow_run_id for a run as it went, or workflow_id for the plan of a workflow.")
  end
  return (args.workflow_id and draw_workflow or draw_run)(args)
end

tool "draw_run_graph" {
  title = "Draw Run Graph",
  about = "Picture (SVG) of the tasks of a run, or of a workflow without a run, as a graph: what runs after what, status, "
    .. "durations, retries; with the same as data.",
  access = "read",
  untrusted = true,
  cpu = 3000,
  ui = PAGE,
  link = { run = "workflowRunId", workflow = "workflowId" },
  input = {
    workflow_run_id = t.uuid { "a run, or a task of it", optional = true },
    workflow_id = t.string { "name or id", min = 1, optional = true },
    theme = style.theme(),
  },
  output = t.object {
    fields = { workflowName = t.string {}, status = t.string {}, rows = t.list { required = true }, note = t.string {} },
  },
  run = draw_run_graph,
}

-- --- the tenant ----------------------------------------------------------------------------------------------------------------

local MOST_BINS = 96

local function points_of(since)
  local points = {}
  local answered = hatchet.get("/api/v1/stable/tenants/{tenant}/task-point-metrics", { createdAfter = since })
  for index, row in ipairs(answered.results or {}) do
    points[index] = { time = time.parse(row.time), succeeded = row.SUCCEEDED, failed = row.FAILED }
  end
  return points
end

local function is_longer(a, b)
  if a.queued ~= b.queued then return a.queued > b.queued end
  if a.running ~= b.running then return (a.running or 0) > (b.running or 0) end
  return a.name < b.name
end

-- What waits and runs, by task; the engine answers this question rarely (429), so it is asked once. Then the depths of the queues
-- must do, and the second value says so.
local function queues_now()
  local list, now = {}, time.now()
  local stats = hatchway.try(hatchet.get, "/api/v1/tenants/{tenant}/task-stats", nil, { retry = false })
  for name, stat in pairs(stats or {}) do
    local queued, running = stat.queued or {}, stat.running or {}
    local oldest = (queued.total or 0) > 0 and queued.oldest and now - time.parse(queued.oldest) or nil
    list[#list + 1] = { name = name, queued = queued.total or 0, running = running.total or 0, oldest = oldest }
  end
  local note
  if not stats then
    note = "The engine tells no more than the depth of the queues now."
    for name, depth in pairs(hatchet.get("/api/v1/tenants/{tenant}/step-run-queue-metrics").queues or {}) do
      list[#list + 1] = { name = name, queued = depth }
    end
  end
  table.sort(list, is_longer)
  return list, note
end

local function queue_rows(queues)
  local rows = json.array {}
  for index = 1, math.min(#queues, load.MOST) do
    local entry = queues[index]
    rows[index] = json.object({ "task", "queued", "running", "oldestWaitingMs" }, {
      task = entry.name, queued = entry.queued, running = entry.running, oldestWaitingMs = milliseconds(entry.oldest),
    })
  end
  return rows
end

-- Those in which anything ended.
local function bin_rows(bins)
  local rows = json.array {}
  for _, bin in ipairs(bins) do
    if bin.succeeded + bin.failed > 0 then
      rows[#rows + 1] = json.object({ "since", "until", "succeeded", "failed" }, {
        since = time.format(bin.from), ["until"] = time.format(bin.to), succeeded = bin.succeeded, failed = bin.failed,
      })
    end
  end
  return rows
end

local function tenant_words(runs, bins, queues)
  local words = style.words(runs)
  local sentences, worst = { words == "" and "No runs." or ("Runs: %s."):format(words) }, nil
  for _, bin in ipairs(bins) do
    if bin.failed > (worst and worst.failed or 0) then worst = bin end
  end
  if worst then
    sentences[#sentences + 1] = ("Most failures: %s of %s from %s on."):format(style.commas(worst.failed),
      style.commas(worst.failed + worst.succeeded), clock(worst.from))
  end
  local waiting, oldest = 0, nil
  for _, entry in ipairs(queues) do
    waiting = waiting + entry.queued
    if entry.oldest and entry.oldest > (oldest and oldest.oldest or -1) then oldest = entry end
  end
  sentences[#sentences + 1] = waiting == 0 and "Nothing waits." or ("%s waiting%s."):format(style.count(waiting, "task"),
    oldest and (", the oldest %s in %s"):format(length(0, oldest.oldest), oldest.name) or "")
  return table.concat(sentences, " ")
end

-- What is beyond the queues that are drawn.
local function beyond(queues)
  if #queues <= load.MOST then return nil end
  local sum = 0
  for index = load.MOST + 1, #queues do sum = sum + queues[index].queued end
  return ("%s more, with %s waiting"):format(style.commas(#queues - load.MOST), style.commas(sum))
end

local function draw_tenant(args)
  local since, until_, used = window.of(args, { hours = 24 })
  local found = hatchway.all {
    points = function() return points_of(since) end,
    runs = function() return metrics.runs(since) end,
    queues = function() return { queues_now() } end,
  }
  local queues, note = found.queues[1], found.queues[2]
  local runs = found.runs
  local counts = {}
  for _, status in ipairs(style.ORDER) do counts[status] = runs[status:lower()] end
  local bins = load.bins(found.points, MOST_BINS)
  local words = tenant_words(counts, bins, queues)
  local data = json.object({ "window", "runs", "outcomes", "queues", "note" }, {
    window = used, runs = runs, outcomes = bin_rows(bins), queues = queue_rows(queues), note = beyond(queues) or note,
  })
  return answer.of(data, words, load.draw {
    title = ("Runs of the last %s"):format(length(time.parse(since), time.parse(until_))),
    line = ("%s to %s"):format(clock(time.parse(since)), clock(time.parse(until_))),
    about = words, runs = runs, share = metrics.failed_share(runs), bins = bins, queues = queues, more = beyond(queues),
    note = note, theme = args.theme,
  })
end

tool "draw_tenant" {
  title = "Draw Tenant",
  about = "Picture (SVG) of the tenant: runs by status, outcomes and failures over time, and what waits now, by task, with the "
    .. "oldest; with the numbers and a summary.",
  access = "read",
  untrusted = true,
  cpu = 3000,
  ui = PAGE,
  input = { since = t.time { "default 24h ago", optional = true }, theme = style.theme() },
  output = t.object {
    fields = {
      window = t.object { required = true }, runs = t.object {}, outcomes = t.list {}, queues = t.list {}, note = t.string {},
    },
  },
  run = draw_tenant,
}
