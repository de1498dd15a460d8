-- The log of a durable task: what it waited for, and what it waits for now.
--
--   durable.log(task_id)    → its entries, oldest first, as rows: nodeId, branchId, kind, text, waits, isSatisfied, insertedAt,
--                             satisfiedAt, message; empty for an ordinary task. An unknown task is an error.
--   durable.waiting(rows)   → those that the task waits for: the unsatisfied ones of its newest branch
--   durable.sentence(rows)  → in one sentence what that is, or nil when it waits for nothing
--
-- A row's `waits` are all needed; one with `any` needs one of those. A sleep ends `endsAt`.

local lists = require "hatchet.lists"

local time = hatchway.time

local durable = {}

local PAGE = 1000
local LOG = "/api/v1/stable/tenants/{tenant}/durable-tasks/{id}"
local KEYS = {
  "nodeId", "branchId", "kind", "text", "waits", "isSatisfied", "insertedAt", "satisfiedAt", "message",
}

-- --- one entry -----------------------------------------------------------------------------------------------------------------

local CONDITION = { "kind", "eventKey", "workflowName", "sleepDurationMs", "endsAt", "any" }

-- What the entry waits for under one condition, and that in words.
local function condition_of(raw, entry)
  local wait = json.object(CONDITION, { kind = raw.kind, eventKey = raw.eventKey, workflowName = raw.workflowName })
  if raw.kind == "SLEEP" then
    local seconds = (raw.sleepDurationMs or 0) / 1000
    wait.sleepDurationMs, wait.endsAt = raw.sleepDurationMs, time.format(time.parse(entry.insertedAt) + seconds)
    local ends = entry.isSatisfied and "" or " that ends at " .. wait.endsAt
    return wait, ("a sleep of %s%s"):format(time.duration(seconds), ends)
  elseif raw.kind == "USER_EVENT" then
    return wait, ("the event %s"):format(raw.eventKey)
  elseif raw.kind == "CHILD_WORKFLOW" then
    return wait, ("a run of %s"):format(raw.workflowName or "a child workflow")
  end
  return wait, raw.kind or "something"
end

-- The same for conditions of which one is enough.
local function item_of(raw, entry)
  if json.type(raw["or"]) ~= "array" or #raw["or"] == 0 then return condition_of(raw, entry) end
  local any, words = json.array {}, {}
  for index, part in ipairs(raw["or"]) do any[index], words[index] = condition_of(part, entry) end
  return json.object(CONDITION, { any = any }), table.concat(words, " or ")
end

local function waits_of(entry)
  if json.type(entry.waitData) ~= "array" then return nil, nil end
  local waits, words = json.array {}, {}
  for index, raw in ipairs(entry.waitData) do waits[index], words[index] = item_of(raw, entry) end
  return waits, table.concat(words, " and ")
end

local NOUNS = { RUN = "a run that it started", MEMO = "a value to keep", WAIT_FOR = "something" }

local function text_of(entry, words)
  local what = words and words ~= "" and words or NOUNS[entry.kind] or entry.kind
  local since = time.parse(entry.insertedAt)
  if entry.isSatisfied then
    local took = entry.satisfiedAt and time.duration(time.parse(entry.satisfiedAt) - since)
    return took and ("Waited %s for %s."):format(took, what) or ("Waited for %s."):format(what)
  end
  return ("Waits for %s, since %s (%s)."):format(what, entry.insertedAt, time.duration(time.now() - since))
end

local function row_of(entry)
  local waits, words = waits_of(entry)
  return json.pick({
    nodeId = entry.nodeId,
    branchId = entry.branchId,
    kind = entry.kind,
    text = text_of(entry, words),
    waits = waits,
    isSatisfied = entry.isSatisfied,
    insertedAt = entry.insertedAt,
    satisfiedAt = entry.satisfiedAt,
    message = entry.userMessage,
  }, KEYS)
end

-- --- the log -------------------------------------------------------------------------------------------------------------------

function durable.log(task_id)
  local rows = json.array {}
  repeat
    local page = hatchet.get(LOG, { id = task_id, limit = PAGE, offset = #rows })
    for _, entry in ipairs(page) do rows[#rows + 1] = row_of(entry) end
  until #page < PAGE
  return rows
end

function durable.waiting(rows)
  local newest, open = 0, json.array {}
  for _, row in ipairs(rows) do newest = math.max(newest, row.branchId) end
  for _, row in ipairs(rows) do
    if row.branchId == newest and not row.isSatisfied and row.kind ~= "MEMO" then open[#open + 1] = row end
  end
  return open
end

function durable.sentence(rows)
  local texts = {}
  for _, row in ipairs(durable.waiting(rows)) do texts[#texts + 1] = row.text end
  return lists.sentences(table.unpack(texts))
end

return durable
