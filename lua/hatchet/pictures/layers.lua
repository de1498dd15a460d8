-- Places for the nodes of a graph without circles: in layers from left to right, few lines crossing.
--
--   layers.of(nodes, edges) → a list of layers; a layer is a list of places, top to bottom: { node = } for a node, { } where a
--                             line passes through that spans several layers
--   layers.of(nodes, edges) → also the lines: each a list of places, from the layer of its beginning to that of its end
--   layers.depths(nodes, edges) → the layer of each node, from 1 on
--
-- nodes is a list (anything), edges a list of { from, to }: indices of it. Edges that close a circle are left out.

local layers = {}

local SWEEPS = 6

-- The layer of each node: one after the last of those that lead to it. In a circle nobody is first: its nodes follow as they
-- stand.
function layers.depths(nodes, edges)
  local depth, waits, after = {}, {}, {}
  for index = 1, #nodes do depth[index], waits[index], after[index] = 1, 0, {} end
  for _, edge in ipairs(edges) do
    waits[edge[2]] = waits[edge[2]] + 1
    table.insert(after[edge[1]], edge[2])
  end
  local ready, next_ready = {}, 1
  for index = 1, #nodes do
    if waits[index] == 0 then ready[#ready + 1] = index end
  end
  while next_ready <= #ready do
    local index = ready[next_ready]
    next_ready = next_ready + 1
    for _, to in ipairs(after[index]) do
      depth[to] = math.max(depth[to], depth[index] + 1)
      waits[to] = waits[to] - 1
      if waits[to] == 0 then ready[#ready + 1] = to end
    end
  end
  return depth
end

local function add(list, depth, place)
  list[depth] = list[depth] or {}
  table.insert(list[depth], place)
  place.row, place.before, place.after = #list[depth], {}, {}
  return place
end

local function join(a, b)
  table.insert(a.after, b)
  table.insert(b.before, a)
end

-- By the middle of the neighbours on one side; those without any stay where they are.
local function sort_layer(layer, side)
  local weights = {}
  for row, place in ipairs(layer) do
    local sum = 0
    for _, other in ipairs(place[side]) do sum = sum + other.row end
    weights[place] = #place[side] > 0 and sum / #place[side] or row
    place.row = row
  end
  table.sort(layer, function(a, b)
    if weights[a] ~= weights[b] then return weights[a] < weights[b] end
    return a.row < b.row
  end)
  for row, place in ipairs(layer) do place.row = row end
end

function layers.of(nodes, edges)
  local depth = layers.depths(nodes, edges)
  local list, places, lines = {}, {}, {}
  for index, node in ipairs(nodes) do places[index] = add(list, depth[index], { node = node }) end
  for _, edge in ipairs(edges) do
    if depth[edge[1]] < depth[edge[2]] then
      local line = { places[edge[1]] }
      for at = depth[edge[1]] + 1, depth[edge[2]] - 1 do line[#line + 1] = add(list, at, {}) end
      line[#line + 1] = places[edge[2]]
      for at = 2, #line do join(line[at - 1], line[at]) end
      lines[#lines + 1] = line
    end
  end
  for _ = 1, SWEEPS do
    for at = 2, #list do sort_layer(list[at], "before") end
    for at = #list - 1, 1, -1 do sort_layer(list[at], "after") end
  end
  return list, lines
end

return layers
