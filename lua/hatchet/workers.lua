-- Names of workers, for answers in which the engine gives their ids alone.
--
--   workers.names(rows) → { [id] = name } of the workers that the rows have for workerId, as far as they can be read
--   workers.name(rows)    sets workerName beside workerId
--
-- Each is asked for by itself: the list of all may hold thousands, and lacks those that were not heard for a day.

local workers = {}

local MOST = 20 -- that are asked for

function workers.names(rows)
  local questions, count = {}, 0
  for _, row in ipairs(rows) do
    local id = row.workerId
    if id and not questions[id] and count < MOST then
      count = count + 1
      questions[id] = function()
        local worker = hatchway.try(hatchet.get, "/api/v1/workers/{id}", { id = id }, { retry = false })
        return worker and worker.name
      end
    end
  end
  return hatchway.all(questions)
end

function workers.name(rows)
  local names = workers.names(rows)
  for _, row in ipairs(rows) do
    if row.workerId then row.workerName = names[row.workerId] end
  end
end

return workers
