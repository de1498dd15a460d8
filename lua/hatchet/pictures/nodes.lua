-- The tasks of a run or of a workflow as the nodes of a graph.
--
--   nodes.of_run(run)         → { nodes, edges, handler }: of what details.run gives
--   nodes.of_version(version) → the same for a workflow, from one of its versions as the engine sends it
--   nodes.fold(found)         → how many tasks and how many lines are left out: where there are many, tasks with the same
--                               neighbours stand together in one node, then what is beyond nodes.MOST nodes, nodes.DEEPEST
--                               layers or nodes.LINES lines is dropped. Changes `found`
--
-- A node: { name, status, detail, title, parents, attempts, retries, ran, children, id }. parents are names, ran is in
-- milliseconds; a node of several has a count and no status.

local style, spans = require "hatchet.pictures.style", require "hatchet.pictures.spans"
local layers = require "hatchet.pictures.layers"

local nodes = { MOST = 60, DEEPEST = 14, LINES = 200 }

local MANY, NOTABLE = 5, 3 -- as in spans: from how many on they stand together, and how many of these are drawn by themselves

local function set(value)
  return value ~= json.null and value or nil
end

-- --- a run ---------------------------------------------------------------------------------------------------------------------

local ENDS = { COMPLETED = "completed in", RUNNING = "running for", FAILED = "failed after" }
local TOOK = { COMPLETED = "took", RUNNING = "running", FAILED = "failed" } -- where there is less room

local function seconds_of(task)
  if task.duration then return task.duration / 1000 end
  local started = task.startedAt and hatchway.time.parse(task.startedAt)
  return started and task.status == "RUNNING" and hatchway.time.now() - started or nil
end

local function detail_of(task)
  if not task then return "not started" end
  local attempts, seconds, children = task.attempt or 1, seconds_of(task), task.numSpawnedChildren or 0
  local text = task.status:lower()
  if task.status == "FAILED" and attempts > 1 then
    text = ("failed after %d attempts"):format(attempts)
  elseif ENDS[task.status] and seconds then
    local verb = (children > 0 or attempts > 1) and TOOK[task.status] or ENDS[task.status]
    text = ("%s %s"):format(verb, hatchway.time.duration(seconds))
    if attempts > 1 then text = ("%s, attempt %d"):format(text, attempts) end
  end
  return children > 0 and ("%s · %d %s"):format(text, children, children == 1 and "child" or "children") or text
end

local function run_node(step, task)
  local name = set(step.taskName) or ""
  if name == "" and task then name = spans.name(task.displayName) end
  local detail, children = detail_of(task), task and task.numSpawnedChildren or 0
  return {
    name = name, status = task and task.status, detail = detail, title = ("%s: %s"):format(name, detail), parents = json.array {},
    attempts = task and (task.attempt or 1), ran = task and task.duration, children = children > 0 and children or nil,
    id = step.taskExternalId,
  }
end

local function connect(found, places, from, to)
  local a, b = places[from], places[to]
  if not a or not b then return end
  found.edges[#found.edges + 1] = { a, b }
  table.insert(found.nodes[b].parents, found.nodes[a].name)
end

-- The steps in the order in which the workflow declares them; the engine's is another one.
local function declared(shape, config)
  local order, steps = {}, table.move(shape, 1, #shape, 1, {})
  for index, task in ipairs(set(config.Tasks) or {}) do order[task.ReadableId] = index end
  local first = {}
  for index, step in ipairs(steps) do first[step] = order[step.taskName] or #steps + index end
  table.sort(steps, function(a, b) return first[a] < first[b] end)
  return steps
end

function nodes.of_run(run)
  local found, places, tasks = { nodes = {}, edges = {} }, {}, {}
  local config = set(run.workflowConfig) or {}
  local handler = set(config.onFailureJob) and config.onFailureJob.ReadableId
  for _, task in ipairs(run.tasks) do tasks[task.taskExternalId] = task end
  local steps = declared(run.shape, config)
  for _, step in ipairs(steps) do
    local node = run_node(step, tasks[step.taskExternalId])
    if handler and step.taskName == handler then
      found.handler = node
    else
      found.nodes[#found.nodes + 1] = node
      places[step.stepId] = #found.nodes
    end
  end
  for _, step in ipairs(steps) do
    for _, child in ipairs(set(step.childrenStepIds) or {}) do connect(found, places, step.stepId, child) end
  end
  return found
end

-- --- a workflow ----------------------------------------------------------------------------------------------------------------

local function version_node(task)
  local words = {}
  local retries = set(task.Retries) or 0
  if retries > 0 then words[1] = style.count(retries, "retry"):gsub("retrys$", "retries") end
  if set(task.Timeout) then words[#words + 1] = "time-out " .. task.Timeout end
  local detail = table.concat(words, " · ")
  return {
    name = task.ReadableId, detail = detail, title = ("%s: %s"):format(task.ReadableId, detail), parents = json.array {},
    retries = retries > 0 and retries or nil,
  }
end

function nodes.of_version(version)
  local found, places = { nodes = {}, edges = {} }, {}
  local config = set(version.workflowConfig) or {}
  local tasks = set(config.Tasks) or {}
  for index, task in ipairs(tasks) do found.nodes[index], places[task.ReadableId] = version_node(task), index end
  for _, task in ipairs(tasks) do
    for _, parent in ipairs(set(task.Parents) or {}) do connect(found, places, parent, task.ReadableId) end
  end
  if set(config.onFailureJob) then found.handler = version_node(config.onFailureJob) end
  return found
end

-- --- many ----------------------------------------------------------------------------------------------------------------------

-- For each node a text that is the same for nodes with the same neighbours.
local function neighbours_of(found)
  local texts = {}
  for index = 1, #found.nodes do texts[index] = { "" } end
  for _, edge in ipairs(found.edges) do
    table.insert(texts[edge[1]], ">" .. edge[2])
    table.insert(texts[edge[2]], "<" .. edge[1])
  end
  for index, list in ipairs(texts) do texts[index] = table.concat(list) end
  return texts
end

local function is_notable(node)
  return node.status and node.status ~= "COMPLETED"
end

-- One node for many.
local function together(list)
  local counts = {}
  for _, node in ipairs(list) do
    if node.status then counts[node.status] = (counts[node.status] or 0) + 1 end
  end
  local words = style.words(counts)
  local name = ("+%s more"):format(style.commas(#list))
  return { name = name, detail = words, title = ("%s: %s"):format(name, words), parents = list[1].parents, count = #list }
end

-- Which old nodes stand for themselves, and which are gathered: { [old index] = true } and lists of old indices.
local function choose(found)
  local keep, gathered, groups, order = {}, {}, {}, {}
  for index, text in ipairs(neighbours_of(found)) do
    if not groups[text] then
      groups[text] = {}
      order[#order + 1] = text
    end
    table.insert(groups[text], index)
  end
  for _, text in ipairs(order) do
    local group, rest, free = groups[text], {}, NOTABLE
    if #group < MANY then free = #group end
    table.sort(group, function(a, b)
      local first, second = is_notable(found.nodes[a]), is_notable(found.nodes[b])
      if first ~= second then return first and true or false end
      return a < b
    end)
    for at, index in ipairs(group) do
      if at <= free then keep[index] = true else rest[#rest + 1] = index end
    end
    if #rest > 0 then gathered[#gathered + 1] = rest end
  end
  return keep, gathered
end

-- Keeps the nodes that `places` gives a new index, and the edges between them, each once.
local function renumber(found, list, places)
  local edges, seen = {}, {}
  for _, edge in ipairs(found.edges) do
    local a, b = places[edge[1]], places[edge[2]]
    if a and b and not seen[a .. " " .. b] then
      seen[a .. " " .. b] = true
      edges[#edges + 1] = { a, b }
    end
  end
  found.nodes, found.edges = list, edges
end

-- Gathers nodes with the same neighbours.
local function gather(found)
  local keep, gathered = choose(found)
  local list, places = {}, {}
  for index, node in ipairs(found.nodes) do
    if keep[index] then list[#list + 1], places[index] = node, #list + 1 end
  end
  for _, rest in ipairs(gathered) do
    local group = {}
    for at, index in ipairs(rest) do group[at], places[index] = found.nodes[index], #list + 1 end
    list[#list + 1] = together(group)
  end
  renumber(found, list, places)
end

function nodes.fold(found)
  if #found.nodes > nodes.MOST then gather(found) end
  local depth = layers.depths(found.nodes, found.edges)
  local list, places, left_out = {}, {}, 0
  for index, node in ipairs(found.nodes) do
    if #list < nodes.MOST and depth[index] <= nodes.DEEPEST then
      list[#list + 1], places[index] = node, #list + 1
    else
      left_out = left_out + (node.count or 1)
    end
  end
  renumber(found, list, places)
  local lines = #found.edges
  found.edges = table.move(found.edges, 1, math.min(lines, nodes.LINES), 1, {})
  return left_out, lines - #found.edges
end

return nodes
