-- The shape of a workflow, from one of its versions as the engine sends it, without any run.
--
--   blueprint.of(version) → { name, tasks, stages, onFailure, concurrency, triggers, filters, input, … }, small; what is not set
--                           is left out
--   blueprint.tasks(version) → the names of its tasks, the handler of failures among them

local blueprint = {}

-- The value, or nil for null and "".
local function set(value)
  if value == json.null or value == "" then return nil end
  return value
end

-- What make gives for each entry, or nil where there is none.
local function each(list, make)
  if json.type(set(list)) ~= "array" or #list == 0 then return nil end
  local made = json.array {}
  for _, entry in ipairs(list) do made[#made + 1] = make(entry) end
  return made
end

-- --- tasks ---------------------------------------------------------------------------------------------------------------------

local function rate_limit(limit)
  return json.object({ "key", "keyExpression", "units", "unitsExpression", "limitExpression", "per" }, {
    key = set(limit.Key),
    keyExpression = set(limit.KeyExpr),
    units = set(limit.Units),
    unitsExpression = set(limit.UnitsExpr),
    limitExpression = limit.LimitExpr ~= "-1" and set(limit.LimitExpr) or nil, -- -1: the limit is declared elsewhere
    per = set(limit.Duration),
  })
end

local function rule(concurrency)
  return json.object({ "expression", "maxRuns", "strategy" }, {
    expression = concurrency.expression,
    maxRuns = concurrency.maxRuns,
    strategy = concurrency.limitStrategy,
  })
end

-- The rules of a task, or of the whole workflow where no name is given.
local function rules(version, name)
  local found = {}
  for _, concurrency in ipairs(set(version.v1Concurrency) or {}) do
    local owner = concurrency.scope ~= "WORKFLOW" and set(concurrency.stepReadableId) or nil
    if owner == name then found[#found + 1] = concurrency end
  end
  return each(json.array(found), rule)
end

local function backoff(task)
  local factor = set(task.RetryBackoffFactor)
  return factor and json.object({ "factor", "maxSeconds" }, { factor = factor, maxSeconds = set(task.RetryBackoffMaxSeconds) })
end

local TASK = {
  "name", "action", "parents", "retries", "backoff", "timeout", "scheduleTimeout", "durable", "slots", "workerLabels",
  "rateLimits", "concurrency", "conditions",
}

local function task_of(version, task)
  return json.object(TASK, {
    name = task.ReadableId,
    action = task.Action,
    parents = each(task.Parents, function(name) return name end),
    retries = task.Retries ~= 0 and set(task.Retries) or nil,
    backoff = backoff(task),
    timeout = set(task.Timeout),
    scheduleTimeout = set(task.ScheduleTimeout),
    durable = task.isDurable or nil,
    slots = set(task.slotRequests),
    workerLabels = set(task.DesiredWorkerLabels),
    rateLimits = each(task.RateLimits, rate_limit),
    concurrency = rules(version, task.ReadableId),
    conditions = each(task.TriggerConditions, function(condition) return condition end),
  })
end

-- Names of tasks that may run at once, in the order of the stages; nil for a single task.
local function stages_of(tasks)
  if #tasks < 2 then return nil end
  local stages, placed, left = json.array {}, {}, tasks
  repeat
    local stage, later = json.array {}, {}
    for _, task in ipairs(left) do
      local ready = true
      for _, parent in ipairs(set(task.Parents) or {}) do ready = ready and placed[parent] end
      if ready then stage[#stage + 1] = task.ReadableId else later[#later + 1] = task end
    end
    for _, name in ipairs(stage) do placed[name] = true end
    if #stage > 0 then stages[#stages + 1] = stage end
    left = later
  until #left == 0 or #stage == 0
  return stages
end

-- --- triggers and input --------------------------------------------------------------------------------------------------------

local function triggers_of(version)
  local triggers = set(version.triggers) or {}
  return json.object({ "events", "crons" }, {
    events = each(triggers.events, function(event) return event.event_key end),
    crons = each(triggers.crons, function(cron) return cron.cron end),
  })
end

local type_of

local function any_of(list)
  local words = {}
  for index, schema in ipairs(list) do words[index] = type_of(schema) end
  return table.concat(words, " or ")
end

-- The type of a field in words.
function type_of(schema)
  if json.type(schema) ~= "object" then return "any" end
  if json.type(schema.type) == "array" then return table.concat(schema.type, " or ") end
  if schema.type == "array" and schema.items then return "array of " .. type_of(schema.items) end
  if schema.type then return schema.type end
  local choices = schema.anyOf or schema.oneOf
  if json.type(choices) == "array" then return any_of(choices) end
  return schema["$ref"] and schema["$ref"]:match "[^/]*$" or "any"
end

-- The engine sorts the fields by name; those that are needed come first here.
local function comes_first(a, b)
  if a.required ~= b.required then return a.required == true end
  return a.name < b.name
end

local function fields_of(schema)
  if json.type(schema) ~= "object" or json.type(schema.properties) ~= "object" then return nil end
  local needed, fields = {}, json.array {}
  for _, name in ipairs(set(schema.required) or {}) do needed[name] = true end
  for name, field in pairs(schema.properties) do
    local known = json.type(field) == "object" and field or {}
    fields[#fields + 1] = json.object({ "name", "type", "required", "default", "enum", "description" }, {
      name = name,
      type = type_of(field),
      required = needed[name],
      default = known.default,
      enum = known.enum,
      description = known.description,
    })
  end
  table.sort(fields, comes_first)
  return fields
end

-- --- all of it -----------------------------------------------------------------------------------------------------------------

function blueprint.tasks(version)
  local config = set(version.workflowConfig) or {}
  local names = {}
  for index, task in ipairs(set(config.Tasks) or {}) do names[index] = task.ReadableId end
  if set(config.onFailureJob) then names[#names + 1] = config.onFailureJob.ReadableId end
  return names
end

local KEYS = {
  "workflowId", "name", "description", "isPaused", "version", "registeredAt", "defaultPriority", "sticky", "stages", "tasks",
  "onFailure", "concurrency", "triggers", "filters", "input",
}

function blueprint.of(version)
  local config, workflow = set(version.workflowConfig) or {}, version.workflow or {}
  local tasks = set(config.Tasks) or {}
  return json.object(KEYS, {
    workflowId = workflow.metadata and workflow.metadata.id,
    name = workflow.name or config.Name,
    description = set(config.description),
    isPaused = workflow.isPaused,
    version = version.metadata.id,
    registeredAt = version.metadata.createdAt,
    defaultPriority = version.defaultPriority ~= 1 and set(version.defaultPriority) or nil,
    sticky = set(config.Sticky),
    stages = stages_of(tasks),
    tasks = each(tasks, function(task) return task_of(version, task) end) or json.array {},
    onFailure = set(config.onFailureJob) and task_of(version, config.onFailureJob),
    concurrency = rules(version, nil),
    triggers = triggers_of(version),
    filters = each(config.defaultFilters, function(filter) return json.pick(filter, { "scope", "expression" }) end),
    input = fields_of(version.inputJsonSchema),
  })
end

return blueprint
